package structure

import (
	"fmt"

	"influxion/handler/internal/pades/pdf"
)

// The namespaces of the standard structure types: ISO 32000-2, 14.8.6. In them, the type Form is a
// form.
const (
	namespace17 = "http://iso.org/pdf/ssn"
	namespace20 = "http://iso.org/pdf2/ssn"
)

// maxNamespaces bounds the namespaces of a document that are searched for a standard one.
const maxNamespaces = 100

// chooseNamespace chooses the namespace of the added elements: that of their parent if it is a
// standard one, or else the first standard one of the document, or else that of PDF 1.7. It reports
// whether the type Form is a form there.
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
	return !remapped, nil // without /NS, the namespace is that of PDF 1.7, to which the role map applies
}
