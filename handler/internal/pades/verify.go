package pades

import (
	"cmp"
	"context"
	"slices"

	"influxion/handler/internal/pades/pdf"
)

// maxSignatures bounds the signatures of one document, each of which costs a pass over it.
const maxSignatures = 200

// Verify reports every signature of doc, in the order of their revisions. A file that cannot be read gives an *Error; a signature
// that does not verify is a finding, not an error. Safe for concurrent use.
func Verify(ctx context.Context, doc Document, trust Trust) (*Report, error) {
	examination, err := examine(ctx, doc, trust)
	if err != nil {
		return nil, err
	}
	report := &Report{Signatures: []Signature{}}
	for _, one := range examination.signatures {
		finding, err := examination.verify(ctx, one)
		if err != nil {
			return nil, readError(err)
		}
		report.Signatures = append(report.Signatures, *finding)
	}
	return report, nil
}

// VerifyLast reports the newest signature alone, as Verify would: what a signer needs to check its own output without paying for
// the signatures that were there before. A document without signatures gives an *Error.
func VerifyLast(ctx context.Context, doc Document, trust Trust) (*Signature, error) {
	examination, err := examine(ctx, doc, trust)
	if err != nil {
		return nil, err
	}
	if len(examination.signatures) == 0 {
		return nil, &Error{Code: CodeDamaged, Detail: "the document has no signature"}
	}
	// The one that reaches to the end: a forged /ByteRange can claim to go further.
	last := examination.signatures[len(examination.signatures)-1]
	for _, one := range examination.signatures {
		if one.end() == doc.Size() {
			last = one
		}
	}
	finding, err := examination.verify(ctx, last)
	if err != nil {
		return nil, readError(err)
	}
	return finding, nil
}

// examination is one reading of a document.
type examination struct {
	doc        Document
	file       *pdf.File
	trust      Trust
	signatures []signedField // by the end of what they cover
	compared   int64         // work spent on comparing revisions
}

// signedField is a signature field with its signature dictionary.
type signedField struct {
	field  field
	dict   pdf.Dict
	ranges []int64 // /ByteRange as it stands; nil if it is not an array of integers
	shared bool    // another field has the same value
}

func examine(ctx context.Context, doc Document, trust Trust) (*examination, error) {
	file, err := pdf.Open(ctx, doc, pdf.DefaultLimits())
	if err != nil {
		return nil, readError(err)
	}
	e := &examination{doc: doc, file: file, trust: trust}
	_, catalog, err := file.Catalog()
	if err != nil {
		return nil, readError(err)
	}
	form, err := readForm(file, catalog)
	if err != nil {
		return nil, readError(err)
	}
	seen := map[pdf.Ref]bool{}
	for _, field := range form.fields {
		if field.kind != "Sig" || field.value == nil {
			continue
		}
		dict, err := file.Dict(field.value)
		if err != nil {
			return nil, readError(err)
		}
		if dict == nil {
			continue
		}
		if len(e.signatures) == maxSignatures {
			return nil, &Error{Code: CodeTooComplex, Detail: "the document has too many signatures"}
		}
		ref, indirect := field.value.(pdf.Ref)
		e.signatures = append(e.signatures, signedField{field, dict, byteRange(file, dict), indirect && seen[ref]})
		seen[ref] = true
	}
	slices.SortStableFunc(e.signatures, func(a, b signedField) int { return cmp.Compare(a.end(), b.end()) })
	return e, nil
}

// byteRange reads /ByteRange; whatever is not an array of integers gives nil.
func byteRange(file *pdf.File, dict pdf.Dict) []int64 {
	numbers, err := file.Array(dict["ByteRange"])
	if err != nil || len(numbers) > 64 {
		return nil
	}
	ranges := make([]int64, 0, len(numbers))
	for _, entry := range numbers {
		number, ok := entry.(pdf.Integer)
		if !ok {
			return nil
		}
		ranges = append(ranges, int64(number))
	}
	return ranges
}

// end is the offset behind the last byte that the signature covers.
func (s signedField) end() int64 {
	if len(s.ranges) != 4 || s.ranges[2] < 0 || s.ranges[3] < 0 {
		return 0
	}
	return s.ranges[2] + s.ranges[3]
}
