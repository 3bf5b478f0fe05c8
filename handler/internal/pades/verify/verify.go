package verify

import (
	"cmp"
	"context"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/diff"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// Verify reports every signature and document timestamp of doc, in the order of their revisions:
// ETSI EN 319 102-1, 5.6. A signature that does not verify is a finding, not an error. A file that
// cannot be read gives a *pades.Error. Safe for concurrent use.
//
// The cost is bounded. All digests together read the document about once. The limits of package
// chain bound the evidence that is read, and the document's budget bounds the comparison of its
// revisions.
func Verify(ctx context.Context, doc pades.Document, trust pades.Trust) (*pades.Report, error) {
	return pades.Reading(doc, func(doc pades.Document) (*pades.Report, error) { return verify(ctx, doc, trust) })
}

func verify(ctx context.Context, doc pades.Document, trust pades.Trust) (*pades.Report, error) {
	e, err := examineSigned(ctx, doc, trust)
	if err != nil {
		return nil, err
	}
	defer e.file.Close()
	e.reported = true
	if err := e.findStrayObjects(ctx); err != nil {
		return nil, pades.ReadError(err)
	}
	e.order()
	findings, err := e.judge(ctx, e.signatures)
	if err != nil {
		return nil, pades.ReadError(err)
	}
	return e.report(findings), nil
}

// VerifyFrom reports, as Verify would, the signatures and document timestamps whose signature
// dictionaries lie at offset, in bytes, or behind it. These are the ones that a signer appended to
// a document of offset bytes. It does not verify the earlier ones. Errors as for Verify.
func VerifyFrom(ctx context.Context, doc pades.Document, offset int64, trust pades.Trust) ([]pades.Signature, error) {
	return pades.Reading(doc, func(doc pades.Document) ([]pades.Signature, error) {
		return verifyFrom(ctx, doc, offset, trust)
	})
}

func verifyFrom(ctx context.Context, doc pades.Document, offset int64, trust pades.Trust) ([]pades.Signature, error) {
	e, err := examine(ctx, doc, trust, false)
	if err != nil {
		return nil, err
	}
	defer e.file.Close()
	var appended []*signedField
	for _, s := range e.signatures {
		if ref, ok := s.field.Value.(pdf.Ref); ok {
			if entry, ok := e.file.Entry(ref.Number); ok && entry.Kind == pdf.EntryOffset && entry.Offset >= offset {
				appended = append(appended, s)
			}
		}
	}
	findings, err := e.judge(ctx, appended)
	if err != nil {
		return nil, pades.ReadError(err)
	}
	return findings, nil
}

// examination is one verification of a document.
type examination struct {
	doc        pades.Document
	file       *pdf.File // the document, up to where damage makes it unreadable
	damage     error     // why the end of the document cannot be read; nil = it can
	trust      pades.Trust
	signatures []*signedField // by the end of what they cover
	reader     cms.Reader     // of all signatures and timestamps
	chain      *chain.Validator
	aside      aside
	steps      []diff.Step // between the revisions that were compared, oldest first
	spent      spent
	reported   bool   // the result is a report of the whole document
	sum        []byte // SHA-256 of the document; nil unless reported
}

// spent is what an examination has used of its limits.
type spent struct {
	certificates int   // bytes of certificates in signatures and timestamps, of maxEmbedded
	locks        int   // comparisons of changes with locks, of maxLockWork
	short        error // why the budget gave no memory for a certificate; nil = it always did
}

// signedField is a signature field with its signature dictionary, and what is known about them.
type signedField struct {
	field  form.Field
	dict   pdf.Dict
	shared bool // another field has the same value
	coverage

	finding *pades.Signature
	own     *form.Restrictions // what the signature permits to come after it
	outcome outcome
	weak    *cms.Error // not nil = it verifies, but with an algorithm that is too old

	signed     *cms.SignedData   // of a signature
	timestamp  *timestampToken   // of a document timestamp
	digest     []byte            // of what /ByteRange covers
	timestamps []*timestampToken // signature timestamps
}

// examine opens a document and finds the signatures that its fields and permissions name. The
// caller closes the file. Errors as for Verify.
func examine(ctx context.Context, doc pades.Document, trust pades.Trust, anyRoot bool) (*examination, error) {
	file, err := pdf.Open(ctx, doc, pdf.DefaultLimits())
	if err != nil {
		return nil, pades.ReadError(err)
	}
	trust.Time = trust.Time.UTC().Round(0)
	e := &examination{doc: doc, file: file, trust: trust,
		reader: cms.Reader{Known: slices.Concat(trust.Anchors, trust.Parsed)},
		aside:  aside{numbers: map[int]bool{}, former: map[int64]*pdf.File{}}}
	e.reader.Take = func(bytes int64) error { // what is parsed stays in memory longer than the file
		e.spent.short = cmp.Or(e.spent.short, file.Budget().Take(ctx, bytes))
		return e.spent.short
	}
	e.chain = chain.NewValidator(trust, anyRoot, e.load)
	e.chain.Draw(file.Budget())
	if err := e.findSignatures(); err != nil {
		file.Close()
		return nil, pades.ReadError(err)
	}
	if b := budget.Of(ctx); b != nil {
		b.Signatures(len(e.signatures))
	}
	e.order()
	return e, nil
}

// findSignatures finds the signatures that fields of the form and /Perms name.
func (e *examination) findSignatures() error {
	_, catalog, err := e.file.Catalog()
	if err != nil {
		return err
	}
	form, err := form.Read(e.file, catalog)
	if err != nil {
		return err
	}
	if err := e.readFields(form); err != nil {
		return err
	}
	return e.readPermissions(catalog)
}

// order sorts the signatures by the ends of their revisions.
func (e *examination) order() {
	slices.SortStableFunc(e.signatures, func(a, b *signedField) int { return cmp.Compare(a.end(), b.end()) })
}

// load fills the store with what all signatures and timestamps embed, as far as they can be read,
// and with /DSS.
func (e *examination) load(ctx context.Context, store *chain.Store) error {
	for _, s := range e.signatures {
		switch {
		case s.signed != nil:
			store.AddCMS(s.signed, s.place())
		case s.timestamp != nil && s.timestamp.token != nil:
			store.AddCMS(s.timestamp.token.SignedData, s.place())
		}
		for _, timestamp := range s.timestamps {
			if timestamp.token != nil {
				store.AddCMS(timestamp.token.SignedData, s.place())
			}
		}
	}
	return store.ReadDSS(ctx, e.file)
}

// judge makes the findings for some of the signatures, which must include the document timestamps
// behind them. The order is that of ETSI EN 319 102-1, 5.6.3.4. First come the checks that do not
// depend on time. Then come the document timestamps, the newest first: each proves when everything
// before it existed. Last come the signatures, each judged at the time that is proved for it.
func (e *examination) judge(ctx context.Context, signatures []*signedField) ([]pades.Signature, error) {
	for _, s := range signatures {
		if err := cmp.Or(note(&s.outcome.integrity, e.read(s)), e.spent.short); err != nil {
			return nil, err
		}
	}
	if err := e.digestAll(ctx, signatures); err != nil {
		return nil, err
	}
	for _, s := range signatures {
		if s.outcome.integrity == nil {
			if err := note(&s.outcome.integrity, e.check(ctx, s)); err != nil {
				return nil, err
			}
		}
	}
	if err := e.compareAll(ctx, signatures); err != nil {
		return nil, err
	}
	for _, s := range slices.Backward(signatures) {
		if s.outcome.sound() && s.timestamp != nil {
			if err := note(&s.outcome.trust, e.validateDocumentTimestamp(ctx, s)); err != nil {
				return nil, err
			}
		}
	}
	findings := make([]pades.Signature, 0, len(signatures))
	revisions := e.revisions()
	for _, s := range signatures {
		if s.outcome.sound() && s.signed != nil {
			if err := note(&s.outcome.trust, e.validateSignature(ctx, s)); err != nil {
				return nil, err
			}
		}
		e.tellChanges(s, revisions)
		if limit := e.chain.Limit(); limit != "" && s.outcome.judged {
			s.remark(limit)
		}
		e.conclude(s)
		findings = append(findings, *s.finding)
	}
	return findings, nil
}

// note stores the verdict of a step in reason. Any other error is about reading the document; note
// returns it, and it ends the verification.
func note(reason *error, err error) error {
	if _, ok := err.(*pades.VerdictError); ok || err == nil {
		*reason = err
		return nil
	}
	return err
}
