package verify

import (
	"context"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pades/cms"
)

// Existing is a signature or a document timestamp of a document, with what is needed to extend the
// document.
type Existing struct {
	Finding *pades.Signature
	// a *pades.VerdictError: why the signature does not verify, covers no revision, or does not
	// permit what came later; nil = none of these
	Err        error
	End        int64            // offset behind the last byte that it covers
	Contents   []byte           // /Contents, padding included
	Signed     *cms.SignedData  // nil = it cannot be read
	Timestamps []*cms.Timestamp // signature timestamps that verify; of a document timestamp, itself
}

// FindExisting returns the signatures of a document in the order of their revisions, and its
// validation data. It accepts every root certificate in the document as an anchor, because it does
// not judge trust. Errors as for Verify.
func FindExisting(ctx context.Context, doc pades.Document, trust pades.Trust) ([]Existing, *chain.Store, error) {
	e, err := examine(ctx, doc, trust, true)
	if err != nil {
		return nil, nil, err
	}
	defer e.file.Close()
	if _, err := e.judge(ctx, e.signatures); err != nil {
		return nil, nil, pades.ReadError(err)
	}
	store, err := e.chain.Evidence(ctx)
	if err != nil {
		return nil, nil, pades.ReadError(err)
	}
	all := make([]Existing, 0, len(e.signatures))
	for _, s := range e.signatures {
		one, err := e.existing(s)
		if err != nil {
			return nil, nil, pades.ReadError(err)
		}
		all = append(all, one)
	}
	return all, store, nil
}

// existing gives what is known about a signature that was judged.
func (e *examination) existing(s *signedField) (Existing, error) {
	contents, err := e.fileOf(s).String(s.dict["Contents"])
	one := Existing{Finding: s.finding, Err: s.outcome.lasting(), End: s.end(), Contents: contents, Signed: s.signed}
	if s.timestamp != nil && s.timestamp.token != nil {
		one.Signed, one.Timestamps = s.timestamp.token.SignedData, []*cms.Timestamp{s.timestamp.token}
	}
	for _, timestamp := range s.timestamps {
		if timestamp.token != nil && timestamp.token.Verify(timestamp.imprint(s.signed.Signature)) == nil {
			one.Timestamps = append(one.Timestamps, timestamp.token)
		}
	}
	return one, err
}
