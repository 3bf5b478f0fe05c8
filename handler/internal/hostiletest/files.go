package hostiletest

import (
	"maps"
	"slices"

	"influxion/handler/internal/pkitest"
)

// MaxSize is the largest size of a document, in bytes.
const MaxSize = 1 << 20

// File is one of the documents.
type File struct {
	Name string
	Data []byte
}

// Files returns all documents, in a fixed order. It makes new keys and certificates at each call.
func Files() ([]File, error) {
	s, err := newSigner(pkitest.P256)
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, some := range []map[string][]byte{crossReferences(), objects(), trees(), rebuilt()} {
		maps.Copy(all, some)
	}
	for _, some := range []func(*signer) (map[string][]byte, error){signed, revised, certified, stored, later} {
		made, err := some(s)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, made)
	}
	var files []File
	for _, name := range slices.Sorted(maps.Keys(all)) {
		files = append(files, File{name, all[name]})
	}
	return files, nil
}
