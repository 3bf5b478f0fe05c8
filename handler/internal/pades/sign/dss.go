package sign

import (
	"context"
	"crypto/fips140"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// for the names of entries: nothing relies on its strength

// The arrays of /DSS: ISO 32000-2, table 261. Those of an entry in /VRI have names without the s:
// table 262.
const (
	keyCerts = pdf.Name("Certs")
	keyOCSPs = pdf.Name("OCSPs")
	keyCRLs  = pdf.Name("CRLs")
)

// Bounds of the security store of a document.
const (
	maxStored      = 2048     // streams
	maxStoredBytes = 64 << 20 // in all of them
)

// securityStore is the document security store: ISO 32000-2, 12.8.4.3.
type securityStore struct {
	dict   pdf.Dict // nil = there is none
	arrays map[pdf.Name]pdf.Array
	refs   map[storedValue]pdf.Ref
}

// storedValue is a value of one of the arrays.
type storedValue struct {
	kind   pdf.Name
	digest [sha256.Size]byte
}

// readSecurityStore reads the store of a catalog. It skips unreadable streams, because other
// products may have written them.
func readSecurityStore(file *pdf.File, catalog pdf.Dict) (*securityStore, error) {
	s := &securityStore{arrays: map[pdf.Name]pdf.Array{}, refs: map[storedValue]pdf.Ref{}}
	var err error
	if s.dict, err = file.Dict(catalog["DSS"]); err != nil {
		return nil, fmt.Errorf("read /DSS: %w", err)
	}
	size, seen := 0, map[pdf.Ref]bool{}
	for _, kind := range []pdf.Name{keyCerts, keyOCSPs, keyCRLs} {
		if s.arrays[kind], err = file.Array(s.dict[kind]); err != nil {
			return nil, fmt.Errorf("read /%s: %w", kind, err)
		}
		for _, entry := range s.arrays[kind] {
			ref, ok := entry.(pdf.Ref)
			if !ok || seen[ref] {
				continue
			}
			seen[ref] = true
			der, err := readStored(file, ref)
			if err != nil {
				return nil, err
			}
			if size += len(der); size > maxStoredBytes || len(seen) > maxStored {
				return nil, &pades.Error{Code: pades.CodeTooComplex,
					Detail: "the document holds too much validation data"}
			}
			s.refs[storedValue{kind, sha256.Sum256(der)}] = ref
		}
	}
	return s, nil
}

// readStored returns the value of a stream, or nil.
func readStored(file *pdf.File, ref pdf.Ref) ([]byte, error) {
	stream, err := file.Stream(ref)
	var der []byte
	if err == nil && stream != nil {
		der, err = file.Decode(stream)
	}
	if pdfErr, ok := errors.AsType[*pdf.Error](err); ok && pdfErr.Kind == pdf.Damaged {
		return nil, nil
	}
	return der, err
}

// addValidationData appends an update with the data that the store lacks. Existing entries stay.
func (g *appended) addValidationData(ctx context.Context, all []*validationData) error {
	header, err := headerVersion(g.original)
	if err != nil {
		return err
	}
	file, err := g.open(ctx)
	if err != nil {
		return pades.ReadError(err)
	}
	defer file.Close()
	root, catalog, err := file.Catalog()
	if err != nil {
		return pades.ReadError(err)
	}
	r := &increment{file: file, update: file.NewUpdate(), catalog: catalog, root: root}
	changed, err := r.addStore(all)
	if err != nil || !changed {
		return pades.ReadError(err)
	}
	if err := r.addExtension(header); err != nil {
		return pades.ReadError(err)
	}
	increment, err := r.update.Bytes(nil)
	if err != nil {
		return pades.ReadError(err)
	}
	g.append(increment)
	return nil
}

// addStore merges data into the store and reports whether anything was added.
func (r *increment) addStore(all []*validationData) (bool, error) {
	store, err := readSecurityStore(r.file, r.catalog)
	if err != nil {
		return false, err
	}
	related, err := r.file.Dict(store.dict["VRI"])
	if err != nil {
		return false, fmt.Errorf("read /VRI: %w", err)
	}
	before := len(store.refs)
	entries := pdf.Dict{}
	for _, data := range all {
		entry := r.store(store, data)
		// Existing entries do not change: earlier revisions rely on them.
		if data.key != "" && related[data.key] == nil {
			entries[data.key] = r.update.Add(entry)
		}
	}
	if len(store.refs) == before && len(entries) == 0 {
		return false, nil
	}
	changes := pdf.Dict{}
	for kind, array := range store.arrays {
		if len(array) > 0 {
			r.replace(changes, store.dict, kind, array)
		}
	}
	if len(entries) > 0 {
		r.replace(changes, store.dict, "VRI", related.With(entries))
	}
	if ref, ok := r.catalog["DSS"].(pdf.Ref); ok && store.dict != nil {
		r.update.Set(ref, store.dict.With(changes))
		return true, nil
	}
	r.catalog = r.catalog.With(pdf.Dict{"DSS": r.update.Add(store.dict.With(changes))})
	r.update.Set(r.root, r.catalog)
	return true, nil
}

// store adds the missing values and returns the entry for /VRI.
func (r *increment) store(store *securityStore, data *validationData) pdf.Dict {
	entry := pdf.Dict{}
	for _, kind := range []pdf.Name{keyCerts, keyOCSPs, keyCRLs} {
		var refs pdf.Array
		for _, der := range data.all[kind] {
			value := storedValue{kind, sha256.Sum256(der)}
			ref, there := store.refs[value]
			if !there {
				ref = r.update.Add(pdf.NewStream(pdf.Dict{}, der))
				store.refs[value] = ref
				store.arrays[kind] = append(store.arrays[kind][:len(store.arrays[kind]):len(store.arrays[kind])], ref)
			}
			refs = append(refs, ref)
		}
		if len(refs) > 0 {
			entry[kind[:len(kind)-1]] = refs
		}
	}
	return entry
}

// replace sets a new value for an entry of a dictionary: in the object that the entry refers to, or
// else in changes.
func (r *increment) replace(changes, dict pdf.Dict, key pdf.Name, value pdf.Object) {
	if ref, ok := dict[key].(pdf.Ref); ok {
		if entry, _ := r.file.Entry(ref.Number); entry.Kind != pdf.EntryFree && entry.Generation == ref.Generation {
			r.update.Set(ref, value)
			return
		}
	}
	changes[key] = value
}

// validationKey names a signature in /VRI: the SHA-1 of its /Contents with the padding, as Acrobat
// and other readers compute it (ETSI EN 319 142-1, 5.4.2.2).
func (d *draft) validationKey() (pdf.Name, error) {
	contents := make([]byte, hex.DecodedLen(len(d.placeholder())))
	if _, err := hex.Decode(contents, d.placeholder()); err != nil {
		return "", fmt.Errorf("read own /Contents: %w", err)
	}
	return validationKey(contents), nil
}

func validationKey(contents []byte) pdf.Name {
	var sum [sha1.Size]byte
	fips140.WithoutEnforcement(func() { sum = sha1.Sum(contents) }) // a name, which protects nothing
	return pdf.Name(fmt.Sprintf("%X", sum))
}
