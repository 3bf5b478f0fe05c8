package hiddenchange

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// Sign signs a document; if certify is set, it certifies that nothing may change. It returns an
// error if it refuses the document, or if the signature would not verify.
type Sign func(document []byte, certify bool) (signed []byte, err error)

// File is a signed document with a later revision.
type File struct {
	Kind         Kind
	Place, Quirk string
	Certified    bool
	Honest       bool   // nothing is hidden, and a verifier must accept the file
	Signed       int    // length of the signed revision, in bytes of Bytes
	Bytes        []byte // the whole file

	surfaced bool // the later revision alone, without a quirk, brings up what is hidden in the signed one
}

// Name returns the kind, the place and the quirk.
func (f File) Name() string { return fmt.Sprintf("%s/%s/%s", f.Kind, f.Place, f.Quirk) }

// Extent says how many of the combinations to make.
type Extent int

// The extents.
const (
	// Core combines each place with some quirks and each quirk with some places, for each kind.
	Core Extent = iota
	// All combines each place with each quirk.
	All
)

// corePlaces are the places that Core combines with quirks. Core combines the first one with every
// quirk, because there only the quirk can bring up the hidden content. The other places take turns:
// each quirk gets one of them.
var corePlaces = []string{
	"signed, before the section", "before the section", "behind the end", "the data of a stream",
	"signed, an unlisted object stream",
	"a catalog, behind the listed one",
}

// preparedQuirkPlaces are combined with quirks of the signed revision in Core.
var preparedQuirkPlaces = []string{
	"before the section", "the data of a stream", "the data of a stream, behind endstream",
	"a comment, behind the section", "a string with a stream",
	"an unlisted member of an object stream",
}

// includes reports whether a combination is in the extent. For each kind, Core leaves out different
// combinations.
func (e Extent) includes(kind Kind, p place, q quirk) bool {
	turn := turnOf(kind, p.name, q.name)
	switch {
	case p.alone:
		return q.name == plain || e == All && q.core
	case e == All || q.name == plain || p.name == corePlaces[0] && !q.prepared:
		return true
	case kind == Linearised:
		return q.core && turn%4 == 0 || p.name == "nowhere"
	case q.prepared:
		return slices.Contains(preparedQuirkPlaces, p.name) && (q.core || turn%2 == 0)
	case q.core:
		return turn%2 == 0
	}
	return p.name == corePlaces[1+turnOf(kind, "", q.name)%(len(corePlaces)-1)]
}

// turnOf returns a number for a combination, the same in every run.
func turnOf(kind Kind, place, quirk string) int {
	hash := fnv.New32a()
	fmt.Fprint(hash, kind, "/", place, "/", quirk)
	return int(hash.Sum32() >> 8)
}

// base is a signed document.
type base struct {
	kind      Kind
	certified bool
	signed    []byte
}

// Files yields the files of an extent, always in the same order, until yield returns an error. It
// returns that error, or the error of signing a document in which nothing is prepared.
func Files(sign Sign, extent Extent, yield func(File) error) error {
	s := &signer{sign: sign, known: map[string]*base{}}
	for _, kind := range Kinds() {
		for _, p := range append(places(), preparedPlaces()...) {
			if !p.suits(kind) || p.signed() && kind == Linearised {
				continue
			}
			for _, q := range quirks() {
				if !q.suits(kind) || q.prepared && (p.signed() || kind == Linearised) || !extent.includes(kind, p, q) {
					continue
				}
				b, err := s.base(kind, p, q)
				if errors.Is(err, errRefused) {
					continue
				}
				if err != nil {
					return err
				}
				if err := yield(b.file(p, q)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b *base) file(p place, q quirk) File {
	r := laterRevision(b.kind, b.signed)
	if p.apply != nil {
		p.apply(r)
	}
	if !q.prepared {
		q.apply(r)
	}
	return File{
		Kind: b.kind, Place: p.name, Quirk: q.name, Certified: b.certified, Signed: len(b.signed), Bytes: r.bytes(),
		surfaced: p.signed() && p.apply != nil,
	}
}

// errRefused means that the signer refuses such a document.
var errRefused = errors.New("the document is not signed")

// signer signs each base once.
type signer struct {
	sign  Sign
	known map[string]*base
}

// base returns the signed document for a file. Two in three are certified.
func (s *signer) base(kind Kind, p place, q quirk) (*base, error) {
	certify := turnOf(kind, p.name, q.name)%3 != 0
	if q.prepared {
		certify = turnOf(kind, "", q.name)%3 != 0 // one document for all places
	}
	prepared := ""
	switch {
	case p.signed():
		prepared = p.name
	case q.prepared:
		prepared = q.name
	}
	key := fmt.Sprint(kind, prepared, certify)
	if known := s.known[key]; known != nil {
		if known.signed == nil {
			return nil, errRefused
		}
		return known, nil
	}
	b := &base{kind: kind, certified: certify}
	s.known[key] = b
	signed, err := s.sign(unsigned(kind, p, q), certify)
	if p.sized != nil {
		// one signature can be a byte shorter than the next one
		for length := 0; err == nil && length != len(signed); {
			length = len(signed)
			signed, err = s.sign(p.sized(kind, length), certify)
		}
	}
	if err != nil && prepared == "" {
		return nil, fmt.Errorf("sign a document of kind %s: %w", kind, err)
	}
	if err != nil {
		return nil, errRefused
	}
	b.signed = signed
	return b, nil
}

func unsigned(kind Kind, p place, q quirk) []byte {
	switch {
	case p.prepare != nil:
		return p.prepare(kind)
	case p.sized != nil:
		return p.sized(kind, 0)
	case kind == Linearised:
		return linearised()
	}
	r := firstRevision(kind)
	if q.prepared {
		q.apply(r)
	}
	return r.bytes()
}

// lenient are the places and quirks that ISO 32000-2 permits or that honest writers use, so that a
// verifier may accept them.
var lenient = map[string]bool{
	plain: true, "nowhere": true,

	// Places: content in a listed object belongs to that object, and content in the signed revision
	// was signed.
	"the data of a stream": true, "the data of a stream, behind endstream": true,
	"a stream, with its length elsewhere": true,
	"a string":                            true, "a string with a stream": true, "a comment in an object": true,
	"a string of the trailer":       true,
	"a comment, behind the section": true, "text of an object within a member": true,
	"the dictionary of the section": true,
	"a member beyond the count":     true,
	"the page again, as it was":     true, "the page again, with a wide reference": true,
	"the page again, with a reference of leading zeros": true,
	"the content again, as it was":                      true,

	// Quirks.
	"an object on one line": true, "an object glued to its value": true, "an object with wide spaces": true,
	"an object with a comment in front of its value": true, "an object over three lines": true,
	"an object with an end on its line": true,
	"an object with an escaped key":     true, "an object with an escaped page tree": true,
	"an object with a comment of its end":       true,
	"an object with a comment behind its value": true, "an object deep in arrays": true,
	"an object with a long name":   true,
	"a comment behind the trailer": true, "trailer on the line of its dictionary": true,
	"no line ends and spaces in the trailer": true,
	"an empty line behind the entries":       true,
	"an escaped key":                         true, "a comment in the trailer": true,
	"a previous section with leading zeros": true,
	"startxref with leading zeros":          true, "startxref one too near": true, "no line end behind the end": true,
	"rows out of order": true,
	"hexadecimal rows":  true, "no third field": true, "an empty subsection": true, "object 0 of generation 0": true,
	"subsections that a space ends": true, "an end behind the section": true, "encryption that is nothing": true,
	"a large size":            true,
	"NULs before the section": true, "an object with leading zeros": true,
	"subsections with leading zeros": true, "carriage returns alone": true, "a section of the other kind": true,
	"a section that extends": true,
	"no type field":          true, "no row of its own": true, "rows beyond those of the index": true,
	"a predictor without filter": true,
	"deflated rows":              true, "rows with a predictor of TIFF": true, "an object of number 70000": true,
}

// Lenient reports whether a verifier may accept the file, provided that no reader shows it
// differently.
func (f File) Lenient() bool {
	return lenient[f.Quirk] && (lenient[f.Place] || strings.HasPrefix(f.Place, "signed, ") && !f.surfaced)
}
