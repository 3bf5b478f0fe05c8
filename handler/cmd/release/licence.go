package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// permissive are the licences (SPDX) that allow redistribution of linked code with no more than the
// licence's notice. The detector reports the licence of golang.org/x as BSD-Source-Code.
var permissive = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-Source-Code", "ISC", "MIT"}

// bill is the part of a bill of materials that is read: CycloneDX 1.6.
type bill struct {
	Components []component `json:"components"`
}

type component struct {
	Name     string `json:"name"`
	Evidence struct {
		Licenses []struct {
			License struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			} `json:"license"`
		} `json:"licenses"`
	} `json:"evidence"`
}

// checkLicences requires that every component in the bill of materials has a permissive licence,
// and no other licence.
func checkLicences(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var read bill
	if err := json.Unmarshal(text, &read); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	if len(read.Components) == 0 {
		return fmt.Errorf("%s lists nothing", filepath.Base(name))
	}
	for _, c := range read.Components {
		if c.Name == "std" { // Go's own library, under BSD-3-Clause
			continue
		}
		var found []string
		for _, l := range c.Evidence.Licenses {
			found = append(found, l.License.ID+l.License.Name)
		}
		if len(found) == 0 ||
			slices.ContainsFunc(found, func(id string) bool { return !slices.Contains(permissive, id) }) {
			return fmt.Errorf("%s: %s has the licences [%s], want some of %s", filepath.Base(name), c.Name,
				strings.Join(found, ", "), strings.Join(permissive, ", "))
		}
	}
	return nil
}
