package structure

import (
	"fmt"

	"influxion/handler/internal/pades/pdf"
)

// The namespaces whose structure types are standard ones: ISO 32000-2, 14.8.6. In them Form is
// what it is called.
const (
	namespace17 = "http://iso.org/pdf/ssn"
	namespace20 = "http://iso.org/pdf2/ssn"
)

// maxNamespaces is how many namespaces of a document are looked at for a standard one.
const maxNamespaces = 100

// chooseNamespace chooses the namespace of what is added: that of its parent, unless Form has no
// meaning or another one there. It reports whether there is one.
func (s *Tree) chooseNamespace(file *pdf.File) (bool, error) {
	roles, err := file.Dict(s.root["RoleMap"])
	if err != nil {
		return false, fmt.Errorf("read /RoleMap: %w", err)
	}
	remapped := roles["Form"] != nil && roles["Form"] != pdf.Name("Form")
	if s.element["NS"] == nil && !remapped {
		return true, nil
	}
	namespaces, err := file.Array(s.root["Namespaces"])
	if err != nil {
		return false, fmt.Errorf("read /Namespaces: %w", err)
	}
	for _, candidate := range append(pdf.Array{s.element["NS"]}, namespaces[:min(len(namespaces), maxNamespaces)]...) {
		namespace, err := file.Dict(candidate)
		if err != nil {
			return false, fmt.Errorf("read a namespace: %w", err)
		}
		name, err := file.Resolve(namespace["NS"])
		if err != nil {
			return false, fmt.Errorf("read /NS: %w", err)
		}
		if text, _ := name.(pdf.String); string(text) == namespace17 || string(text) == namespace20 {
			s.namespace = candidate
			return true, nil
		}
	}
	return !remapped, nil // without a namespace it is the one of PDF 1.7, to which the role map applies
}
