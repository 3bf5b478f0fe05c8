package diff

import (
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// judgeCatalog classifies the changes of the catalog. Only entries that hold no content may change.
func (s *step) judgeCatalog(c change) error {
	before, _ := c.was.(pdf.Dict)
	after, ok := c.is.(pdf.Dict)
	if !ok {
		s.changes.refuse("the catalog was removed")
		return nil
	}
	for _, key := range differing(before, after) {
		var err error
		switch key {
		case "AcroForm":
			err = s.judgeFormEntry(before[key], after[key])
		case "DSS":
			err = s.judgeStore()
		case "Extensions":
			err = s.judgeExtensions(before[key], after[key])
		case "Version":
			err = s.judgeVersion(before[key], after[key])
		case "Metadata":
			err = s.judgeMetadataEntry(before[key], after[key])
		case "Perms":
			err = s.judgePerms(before[key], after[key])
		default:
			s.changes.refuse("the catalog was changed beyond form, validation data and metadata")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// judgeVersion classifies another version of PDF in the catalog: ISO 32000-2, 7.7.2. Validation
// data can need a higher one. iText 5 states the version of the header again, even if it is lower.
// From 1.0 to 1.7 that changes nothing, because ISO 32000-1, clause 6, interprets these versions
// alike. ISO 32000-2 deprecates entries that they have, so a document of PDF 2.0 must remain one.
func (s *step) judgeVersion(before, after pdf.Object) error {
	before, err := s.old.Resolve(before)
	if err != nil {
		return err
	}
	was, _ := before.(pdf.Name)
	is, isName := after.(pdf.Name)
	switch {
	case after != nil && (!isName || !isVersion(is)):
		s.changes.refuse("the catalog names a version that nobody knows")
	case isName && is >= was:
		s.changes.add(pades.ChangeDSS)
	case !isVersion(was) || was >= "2.0":
		s.changes.refuse("the catalog named PDF 2.0 or later, or no known version, and names another now")
	default:
		s.changes.add(pades.ChangeMetadata)
	}
	return nil
}

// isVersion reports whether a name is the version of a PDF that ISO 32000 knows, or will know.
func isVersion(name pdf.Name) bool {
	return len(name) == len("1.7") && (name[0] == '1' || name[0] == '2') && name[1] == '.' &&
		name[2] >= '0' && name[2] <= '9'
}

// judgeFormEntry classifies a form that was added or that is another object now. It refuses an
// object that existed before the update: this would bring other content into the form.
func (s *step) judgeFormEntry(before, after pdf.Object) error {
	if ref, ok := after.(pdf.Ref); ok {
		if was, err := s.old.Object(ref); err != nil || was != nil {
			s.changes.refuse("the form was replaced by another object")
			return err
		}
	}
	old, now, err := both(s, (*pdf.File).OptionalDict, before, after)
	if err != nil {
		return err
	}
	if now == nil {
		s.changes.refuse("the form was removed")
		return nil
	}
	return s.judgeForm(old, now)
}

func (s *step) judgePermissions(c change) error {
	if s.roles.of(c.number).has(content) {
		return nil // a signature dictionary, which judgeContent judges
	}
	before, wasDict := c.was.(pdf.Dict)
	after, isDict := c.is.(pdf.Dict)
	if !wasDict && !isDict {
		return s.judgeContent(c)
	}
	return s.judgePermsDicts(before, after)
}

func (s *step) judgePerms(before, after pdf.Object) error {
	old, now, err := both(s, (*pdf.File).OptionalDict, before, after)
	if err != nil {
		return err
	}
	return s.judgePermsDicts(old, now)
}

// judgePermsDicts accepts a certification in a document that had none.
func (s *step) judgePermsDicts(before, after pdf.Dict) error {
	for _, key := range differing(before, after) {
		if key != "DocMDP" || before[key] != nil {
			s.changes.refuse("the permissions of the document were changed")
			return nil
		}
		signed, err := s.newSignature(after[key])
		if err != nil {
			return err
		}
		if signed == "" {
			s.changes.refuse("the permissions of the document name no new signature")
		}
		s.changes.add(pades.ChangeSignature)
	}
	return nil
}

// judgeStore makes sure that /DSS contains validation data and nothing else: ISO 32000-2, 12.8.4.3.
func (s *step) judgeStore() error {
	s.changes.add(pades.ChangeDSS)
	if s.once[store] {
		return nil
	}
	s.once[store] = true
	var dicts [2]pdf.Dict
	for i, file := range []*pdf.File{s.old, s.new} {
		_, catalog, err := file.Catalog()
		if err != nil {
			return err
		}
		if dicts[i], err = file.Dict(catalog["DSS"]); err != nil {
			return err
		}
	}
	if err := s.judgeStoreDict(dicts[0], dicts[1], "Type", "VRI", "Certs", "OCSPs", "CRLs"); err != nil {
		return err
	}
	before, after, err := both(s, (*pdf.File).Dict, dicts[0]["VRI"], dicts[1]["VRI"])
	if err == nil {
		err = s.new.Spend(int64(len(before)+len(after)) * keyCost)
	}
	if err != nil {
		return err
	}
	for _, key := range differing(before, after) {
		entry, err := s.new.Dict(after[key])
		if err != nil {
			return err
		}
		if err := s.judgeStoreDict(nil, entry, "Type", "TU", "TS", "Cert", "OCSP", "CRL"); err != nil {
			return err
		}
	}
	return nil
}

// keyCost is the cost of each key of the dictionaries that a step compares, in units of
// pdf.Limits.Work.
const keyCost = 60

// judgeStoreDict makes sure that the entries of a dictionary in /DSS that changed have one of the
// keys, and that those for validation data are arrays of streams.
func (s *step) judgeStoreDict(before, after pdf.Dict, keys ...pdf.Name) error {
	if err := s.new.Spend(int64(len(before)+len(after)) * keyCost); err != nil {
		return err
	}
	for _, key := range differing(before, after) {
		if !slices.Contains(keys, key) {
			s.changes.refuse(beyondAdditions)
			return nil
		}
		if after[key] == nil || key == "VRI" {
			continue
		}
		var err error
		switch key {
		case "Type", "TU", "TS":
			err = s.judgeStoreEntry(key, after[key])
		default:
			err = s.judgeStoreArray(before[key], after[key])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// judgeStoreEntry makes sure that an entry which should be no array brings nothing but a value, or
// in /TS a timestamp token (ISO 32000-2, table 262). PDFBox writes the name in /Type as a string.
func (s *step) judgeStoreEntry(key pdf.Name, entry pdf.Object) error {
	object, err := s.new.Resolve(entry)
	if err != nil {
		return err
	}
	fits := true
	switch object.(type) {
	case *pdf.Stream:
		fits = key == "TS"
	case pdf.Dict, pdf.Array:
		fits = false
	}
	if !fits {
		s.changes.refuse(beyondAdditions)
	}
	return nil
}

const beyondAdditions = "the validation data were changed by more than additions"

func (s *step) judgeStoreArray(before, after pdf.Object) error {
	was, is, _, err := s.lists(before, after)
	if err != nil {
		return err
	}
	refs, _ := references(was)
	known := setOf(refs)
	for _, element := range is {
		ref, isRef := element.(pdf.Ref)
		if isRef && known[ref] ||
			!isRef && slices.ContainsFunc(was, func(other pdf.Object) bool { return alike(other, element) }) {
			continue
		}
		object, err := s.new.Object(ref)
		if err != nil {
			return err
		}
		if _, isStream := object.(*pdf.Stream); !isRef || !isStream && object != nil {
			s.changes.refuse(beyondAdditions)
		}
	}
	return nil
}

// judgeTrailer classifies a change of the document information dictionary. It refuses a change of
// the encryption, because readers decrypt the whole document as the newest trailer says.
func (s *step) judgeTrailer() error {
	if !s.new.SameEncryption(s.old) {
		s.changes.refuse("the encryption of the document was changed")
	}
	before, after := s.old.Trailer()["Info"], s.new.Trailer()["Info"]
	if alike(before, after) {
		return nil
	}
	old, now, err := both(s, (*pdf.File).Resolve, before, after)
	if err != nil {
		return err
	}
	return s.judgeInformation(old, now)
}
