package pdf

import (
	"maps"
	"slices"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// maxCryptFilters is how many crypt filters a document may define. Writers define one or two.
const maxCryptFilters = 64

// inClear resolves an object that is read before the key is known. It returns an error for an
// object in an object stream, which would itself be encrypted. It also returns one where readers
// disagree: for a duplicate key, and for a reference to another reference.
func (f *File) inClear(object Object) (Object, error) {
	ref, indirect := object.(Ref)
	if !indirect {
		return object, nil
	}
	if entry, _ := f.Entry(ref.Number); entry.Kind == EntryInStream {
		return nil, encrypted("the encryption needs an object within an object stream, which is encrypted itself")
	}
	object, err := f.Object(ref)
	if err != nil {
		return nil, err
	}
	if _, again := object.(Ref); again || f.Ambiguous(ref.Number) {
		return nil, encrypted("the encryption needs an object that has a key twice, or is only a reference")
	}
	return object, nil
}

// encryptionDict returns the encryption dictionary. It is a direct object in the trailer or an
// indirect object.
func (f *File) encryptionDict(stated Object) (Ref, Dict, error) {
	ref, _ := stated.(Ref)
	object, err := f.inClear(stated)
	if err != nil {
		return Ref{}, nil, unreadable(err)
	}
	dict, ok := object.(Dict)
	if !ok {
		return Ref{}, nil, encrypted("the encryption dictionary is missing, or is not a dictionary")
	}
	return ref, dict, nil
}

// unreadable turns damage into an error of the encryption dictionary.
func unreadable(err error) error {
	if detail, isDamaged := damagedDetail(err); isDamaged {
		return encrypted("the encryption dictionary cannot be read: " + detail)
	}
	return err
}

// fileID returns the first element of the trailer's /ID, which is not encrypted; nil = there is
// none.
func (f *File) fileID() (Object, error) {
	object, err := f.inClear(f.Trailer()["ID"])
	if ids, _ := object.(Array); len(ids) > 0 {
		object, err = f.inClear(ids[0])
	}
	if id, ok := object.(String); ok && id != nil && err == nil {
		return id, nil
	}
	if _, isDamaged := damagedDetail(err); isDamaged {
		err = nil
	}
	return nil, err
}

// flattening resolves the references in those entries of an encryption dictionary that are read. It
// charges for each reference, because many may lead to the same large object.
type flattening struct {
	file  *File
	taken int64 // bytes of memory
}

// done gives back the memory that read took.
func (d *flattening) done() { d.file.cache.Give(d.taken) }

func (d *flattening) pay(units, bytes int64) error {
	if err := d.file.account.Spend(units); err != nil {
		return err
	}
	if err := d.file.account.Take(bytes); err != nil {
		return err
	}
	d.taken += bytes
	return nil
}

// read returns an encryption dictionary without its references (flat), and the written form of
// that. Entries that are not read keep their references. Dictionaries that differ in these
// references count as different.
func (d *flattening) read(dict Dict) (written []byte, flat Dict, err error) {
	if err := d.pay(bounds.KeyCost*int64(len(dict)), syntax.DictMemory(len(dict)+1)); err != nil {
		return nil, nil, err
	}
	flat = dict.Clone()
	err = d.scalars(dict, flat, "Filter", "V", "R", "Length", "O", "U", "OE", "UE", "P", "Perms",
		"EncryptMetadata", "StmF", "StrF", "EFF")
	if err != nil {
		return nil, nil, unreadable(err)
	}
	if flat["CF"], err = d.filters(dict["CF"]); err != nil {
		return nil, nil, unreadable(err)
	}
	const escape = 4 // most bytes that one byte of a string is written as
	size := Footprint(flat)
	if err := d.pay(size, escape*size); err != nil {
		return nil, nil, err
	}
	if written, err = Append(nil, flat); err != nil {
		return nil, nil, encrypted("the encryption dictionary cannot be read")
	}
	return written, flat, nil
}

// scalars puts entries of a dictionary into another one, without references.
func (d *flattening) scalars(from, to Dict, keys ...Name) error {
	for _, key := range keys {
		if err := d.file.account.Spend(bounds.KeyCost); err != nil {
			return err
		}
		value, err := d.file.inClear(from[key])
		if err != nil {
			return err
		}
		switch value.(type) {
		case Array, Dict, *Stream:
			return errEntry()
		}
		if delete(to, key); value != nil {
			to[key] = value
		}
	}
	return nil
}

func errEntry() error { return encrypted("the encryption dictionary has an entry of a wrong type") }

// filters returns the crypt filters, each with the entries of ISO 32000-2, table 25.
func (d *flattening) filters(object Object) (Object, error) {
	dict, err := d.dict(object)
	if dict == nil || err != nil {
		return nil, err
	}
	if len(dict) > maxCryptFilters {
		return nil, tooComplex("the document defines more than the %d crypt filters allowed", maxCryptFilters)
	}
	if err := d.pay(bounds.KeyCost*int64(len(dict)), syntax.DictMemory(len(dict))); err != nil {
		return nil, err
	}
	flat := make(Dict, len(dict))
	for _, name := range slices.Sorted(maps.Keys(dict)) {
		filter, err := d.dict(dict[name])
		if err != nil {
			return nil, err
		}
		keys := []Name{"Type", "CFM", "AuthEvent", "Length"}
		if err := d.pay(bounds.ContainerCost, syntax.DictMemory(len(keys))); err != nil {
			return nil, err
		}
		one := Dict{}
		if err := d.scalars(filter, one, keys...); err != nil {
			return nil, err
		}
		flat[name] = one
	}
	return flat, nil
}

// dict returns a dictionary; nil for null.
func (d *flattening) dict(object Object) (Dict, error) {
	object, err := d.file.inClear(object)
	if object == nil || err != nil {
		return nil, err
	}
	dict, ok := object.(Dict)
	if !ok {
		return nil, errEntry()
	}
	return dict, nil
}
