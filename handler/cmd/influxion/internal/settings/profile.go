package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Profiles are named sets of settings that a person keeps in a file for several deployments. They
// hold no secrets.
type Profiles map[string]map[Name]string

// ProfileVariable names the profile if no flag does.
const ProfileVariable = Prefix + "PROFILE"

const maxProfiles = 64 << 10 // bytes of the file

var profileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

// CheckProfileName requires a name of 1 to 40 letters, digits, dots, dashes and underscores,
// because the name becomes part of file names.
func CheckProfileName(name string) error {
	if !profileName.MatchString(name) {
		return fmt.Errorf("profile %q: want 1 to 40 of a-z, A-Z, 0-9, dot, dash and underscore, the first of them "+
			"a letter or digit", name)
	}
	return nil
}

// ReadProfiles reads the file of profiles: {"profiles": {"NAME": {"url": "…", …}}}. members maps
// the names in the file to the settings that it may hold. A missing file has no profiles. Safe for
// concurrent use.
func ReadProfiles(file string, members map[string]Name) (Profiles, error) {
	text, err := readFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var read struct {
		Profiles map[string]map[string]string `json:"profiles"`
	}
	if err := decoder.Decode(&read); err != nil {
		// The decoder's error can quote the text that it could not read, which may be a secret.
		return nil, fmt.Errorf(`%s cannot be read: want {"profiles": {"NAME": {"url": "https://…", …}}}, all of it text`,
			file)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s cannot be read: something follows the closing brace", file)
	}
	return named(file, read.Profiles, members)
}

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxProfiles+1))
	if err == nil && len(text) > maxProfiles {
		err = fmt.Errorf("%s is larger than %d bytes", name, maxProfiles)
	}
	return text, err
}

func named(file string, read map[string]map[string]string, members map[string]Name) (Profiles, error) {
	profiles := Profiles{}
	for name, values := range read {
		if err := CheckProfileName(name); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		profiles[name] = map[Name]string{}
		for member, value := range values {
			setting, ok := members[member]
			if !ok {
				return nil, fmt.Errorf("%s: profile %s may not have %q: choose from %s. Secrets stay in the "+
					"environment",
					file, name, member, strings.Join(slices.Sorted(maps.Keys(members)), ", "))
			}
			profiles[name][setting] = value
		}
	}
	return profiles, nil
}
