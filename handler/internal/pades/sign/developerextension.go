package sign

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// addExtension declares in the catalog that the document uses features that PDF 1.7 lacks (ISO
// 32000-2, 7.12; ETSI EN 319 142-1, 5.6). It declares nothing in other versions: PDF 2.0 has these
// features, and a document of a version before 1.7 cannot name 1.7 as its base version. header is
// the version in the header of the file.
func (r *increment) addExtension(header string) error {
	// The catalog may name a later version: 7.5.2.
	later, err := r.file.Name(r.catalog["Version"])
	if err != nil {
		return fmt.Errorf("read /Version: %w", err)
	}
	if max(header, string(later)) != "1.7" {
		return nil
	}
	extensions, err := r.file.Dict(r.catalog["Extensions"])
	if err != nil {
		return fmt.Errorf("read /Extensions: %w", err)
	}
	// Adobe's extension level 8 is the same under another name. Existing entries under these names
	// stay as their writers made them.
	if extensions["ESIC"] != nil || extensions["ADBE"] != nil {
		return nil
	}
	level2 := pdf.Dict{"BaseVersion": pdf.Name("1.7"), "ExtensionLevel": pdf.Integer(2)}
	r.catalog = r.catalog.With(pdf.Dict{"Extensions": extensions.With(pdf.Dict{"ESIC": level2})})
	r.update.Set(r.root, r.catalog)
	return nil
}

// headerVersion is the version that the header of a document names, such as "1.7"; "" if there is
// none.
func headerVersion(doc pades.Document) (string, error) {
	head := make([]byte, min(1024, doc.Size()))
	if _, err := doc.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read header: %w", err)
	}
	_, after, _ := bytes.Cut(head, []byte("%PDF-"))
	return string(after[:min(3, len(after))]), nil
}
