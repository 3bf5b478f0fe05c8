package pades

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"slices"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/revocation"
)

// maxSignatures bounds the signatures of one document, document timestamps among them.
const maxSignatures = 200

// maxEmbedded bounds the bytes of the certificates that all signatures and timestamps embed: crypto/x509 can take forty times as much
// memory for one.
const maxEmbedded = 8 << 20

// Verify reports every signature and document timestamp of doc, in the order of their revisions: ETSI EN 319 102-1, 5.6. A file that
// cannot be read gives an *Error; a signature that does not verify is a finding, not an error. Safe for concurrent use.
//
// What it costs is bounded: the document is read about once for all digests, evidence is read within the limits of store.go, revisions
// are compared within comparisonWork.
func Verify(ctx context.Context, doc Document, trust Trust) (*Report, error) {
	e, err := examine(ctx, doc, trust)
	if err != nil {
		return nil, err
	}
	findings, err := e.judge(ctx, e.signatures)
	if err != nil {
		return nil, readError(err)
	}
	return &Report{Signatures: findings}, nil
}

// VerifyFrom reports, as Verify would, the signatures and document timestamps whose signature dictionaries lie at offset or behind it:
// what a signer appended to a document of offset bytes, without paying for what was there before.
func VerifyFrom(ctx context.Context, doc Document, offset int64, trust Trust) ([]Signature, error) {
	e, err := examine(ctx, doc, trust)
	if err != nil {
		return nil, err
	}
	var appended []*signedField
	for _, s := range e.signatures {
		if ref, ok := s.field.value.(pdf.Ref); ok {
			if entry, ok := e.file.Entry(ref.Number); ok && entry.Kind == pdf.EntryOffset && entry.Offset >= offset {
				appended = append(appended, s)
			}
		}
	}
	findings, err := e.judge(ctx, appended)
	if err != nil {
		return nil, readError(err)
	}
	return findings, nil
}

// examination is one reading of a document.
type examination struct {
	doc        Document
	file       *pdf.File
	trust      Trust
	signatures []*signedField // by the end of what they cover
	reader     cms.Reader     // of all of them
	store      *store         // validation data; read when first needed
	proofs     proofs
	embedded   int                         // bytes of certificates in signatures and timestamps
	steps      []step                      // between the revisions that were compared, oldest first
	lockWork   int                         // of maxLockWork
	roots      timeless                    // the anchors, for path building
	built      map[[sha256.Size]byte]built // chains, by the digest of the signer's certificate
	signers    int                         // for which chains were looked for
	tries      int                         // to find an issuer
	effort     int                         // of maxEffort
	sought     int                         // times that issuers were asked for online
	asked      map[standingKey]*revocation.Evidence
	shown      map[*x509.Certificate]*Certificate // in the report; of certificates that are held anyway
	names      map[string]string                  // in these, by their DER
}

// signedField is a signature field with its signature dictionary, and what became known of it.
type signedField struct {
	field  field
	dict   pdf.Dict
	ranges []int64 // /ByteRange as it stands; nil if it is not an array of integers
	shared bool    // another field has the same value

	finding *Signature
	own     *restrictions // what the signature allows to come after it
	fault   error         // why it has failed, a *failure; nil so far
	sound   bool          // it holds and covers a revision, whatever the time and whoever the signer
	weak    *cms.Fault    // it holds but for the age of an algorithm

	signed *cms.SignedData // of a signature
	stamp  *stamp          // of a document timestamp
	digest []byte          // of what /ByteRange covers
	stamps []*stamp        // signature timestamps
}

func examine(ctx context.Context, doc Document, trust Trust) (*examination, error) {
	file, err := pdf.Open(ctx, doc, pdf.DefaultLimits())
	if err != nil {
		return nil, readError(err)
	}
	trust.Time = trust.Time.UTC().Round(0)
	e := &examination{
		doc: doc, file: file, trust: trust, proofs: proofs{now: trust.Time}, reader: cms.Reader{Known: trust.Anchors},
		built: map[[sha256.Size]byte]built{}, asked: map[standingKey]*revocation.Evidence{},
		shown: map[*x509.Certificate]*Certificate{},
	}
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
		s := &signedField{field: field, dict: dict, ranges: byteRange(file, dict), shared: indirect && seen[ref]}
		e.signatures = append(e.signatures, s)
		seen[ref] = true
	}
	if b := budget.Of(ctx); b != nil {
		b.Signatures(len(e.signatures))
	}
	slices.SortStableFunc(e.signatures, func(a, b *signedField) int { return cmp.Compare(a.end(), b.end()) })
	return e, nil
}

// judge makes the findings for some of the signatures, which must include the document timestamps behind them. The order is that of
// ETSI EN 319 102-1, 5.6.3.4: what holds whatever the time; then the timestamps of the document, the newest first, each of which proves
// when all before it existed; then the signatures, each at the time that is proved for it.
func (e *examination) judge(ctx context.Context, signatures []*signedField) ([]Signature, error) {
	for _, s := range signatures {
		if err := e.record(s, e.read(s)); err != nil {
			return nil, err
		}
	}
	if err := e.digestAll(ctx, signatures); err != nil {
		return nil, err
	}
	for _, s := range signatures {
		if s.fault == nil {
			if err := e.record(s, e.check(ctx, s)); err != nil {
				return nil, err
			}
		}
	}
	if err := e.compareAll(ctx, signatures); err != nil {
		return nil, err
	}
	for _, s := range signatures {
		s.sound = s.fault == nil
	}
	for _, s := range slices.Backward(signatures) {
		if s.fault == nil && s.stamp != nil {
			if err := e.record(s, e.validateDocumentTimestamp(ctx, s)); err != nil {
				return nil, err
			}
		}
	}
	findings := make([]Signature, 0, len(signatures))
	for _, s := range signatures {
		if s.fault == nil && s.signed != nil {
			if err := e.record(s, e.validateSignature(ctx, s)); err != nil {
				return nil, err
			}
		}
		if s.sound {
			s.fault = cmp.Or(s.fault, e.allowed(s))
		}
		e.conclude(s)
		findings = append(findings, *s.finding)
	}
	return findings, nil
}

// record notes the failure of a signature. Any other error is one of reading the document, and ends everything.
func (e *examination) record(s *signedField, err error) error {
	if _, ok := err.(*failure); ok || err == nil {
		s.fault = err
		return nil
	}
	return err
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
func (s *signedField) end() int64 {
	if len(s.ranges) != 4 || s.ranges[2] < 0 || s.ranges[3] < 0 {
		return 0
	}
	return s.ranges[2] + s.ranges[3]
}

// place is where /Contents lies in the document.
func (s *signedField) place() span { return span{s.ranges[1], s.ranges[2]} }
