package form

import (
	"fmt"

	"influxion/handler/internal/pades"
)

// FreeName returns a field name that no field has or begins with, and that no lock covers.
func (f *Form) FreeName(r *Restrictions) (string, error) {
	taken := map[string]bool{}
	for _, one := range f.Fields {
		taken[RootName(one.Name)] = true
	}
	for n := 1; n <= len(f.Fields)+maxLockedNames+1; n++ {
		if name := fmt.Sprintf("Signature%d", n); !taken[name] && !r.Locked(name, false) {
			return name, nil
		}
	}
	return "", &pades.Error{Code: pades.CodeChangesForbidden,
		Detail: "an earlier signature has locked every field that could be added"}
}
