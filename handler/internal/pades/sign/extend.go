package sign

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/verify"
)

// Extension says how far to extend the signatures of a document.
type Extension struct {
	Level      pades.Level // B-T, B-LT or B-LTA; "" = B-LTA
	Services   pades.Services
	AllowLower bool
	Time       time.Time // now; required
}

func (e Extension) complete() (Extension, error) {
	if e.Level == "" {
		e.Level = pades.LevelLTA
	}
	switch {
	case e.Level.Rank() < pades.LevelBT.Rank():
		return e, pades.Invalid("the level to extend to is not B-T, B-LT or B-LTA")
	case e.Time.IsZero():
		return e, pades.Invalid("the time is missing")
	}
	if err := serves(e.Services, e.Level); err != nil && !e.AllowLower {
		return e, err
	}
	return e, nil
}

// Extend makes the increment that brings every signature of doc to a higher level. It adds a
// document timestamp if the time of a signature is not proved yet; the validation data that doc
// lacks; and for B-LTA a document timestamp over everything. A document at B-LTA gets the
// validation data of its last timestamp and another archive timestamp. If doc already has
// everything that the level requires, the increment has no bytes.
//
// Errors as for Sign. A document without signatures gives an *Error, and so does a document with a
// broken signature, or with a later change that ISO 32000 does not allow. Extend does not judge
// whether the signers are trusted. If doc has the level already and its renewal fails, the error is
// the *ServiceError even with AllowLower, because there is nothing lower to return. Safe for
// concurrent use.
func Extend(ctx context.Context, doc pades.Document, e Extension) (*pades.Increment, error) {
	return pades.Reading(doc, func(doc pades.Document) (*pades.Increment, error) { return extend(ctx, doc, e) })
}

func extend(ctx context.Context, doc pades.Document, e Extension) (*pades.Increment, error) {
	e, err := e.complete()
	if err != nil {
		return nil, err
	}
	x, err := newExtending(ctx, doc, e)
	if err != nil {
		return nil, err
	}
	if _, err := x.appended.read(ctx, crypto.SHA256); err != nil {
		return nil, err
	}
	l := levelProgress{target: e.Level, allowLower: e.AllowLower, reached: pades.LevelBT}
	if !x.proved() {
		l.reached = pades.LevelBB
		if err := l.reach(ctx, pades.LevelBT, x.timestamp); err != nil {
			return nil, err
		}
	}
	if err := l.reach(ctx, pades.LevelBLT, x.validationData); err != nil {
		return nil, err
	}
	if err := l.reach(ctx, pades.LevelLTA, x.timestamp); err != nil {
		return nil, err
	}
	if l.shortfall != nil && l.target == pades.LevelLTA && x.levelBefore == pades.LevelLTA {
		return nil, l.shortfall // a renewal: there is no lower level to accept
	}
	increment, err := x.appended.increment(ctx, l)
	if err != nil {
		return nil, err
	}
	increment.LevelBefore = x.levelBefore
	return increment, nil
}

// TimestampDocument makes the increment that adds a document timestamp alone: ISO 32000-2, 12.8.5.
// Safe for concurrent use.
func TimestampDocument(ctx context.Context, doc pades.Document, services pades.Services) (*pades.Increment, error) {
	return pades.Reading(doc, func(doc pades.Document) (*pades.Increment, error) {
		g := &appended{original: doc}
		if _, err := g.addTimestamp(ctx, services); err != nil {
			return nil, ended(ctx, err)
		}
		return g.increment(ctx, levelProgress{})
	})
}

// extending is a document while its signatures are extended.
type extending struct {
	appended    *appended
	extension   Extension
	signatures  []existingSignature // in the order of their revisions
	collector   *collector
	levelBefore pades.Level // that all signatures have
}

// existingSignature is a signature or a document timestamp of the document.
type existingSignature struct {
	kind       pades.Kind
	end        int64    // offset behind the last byte that it covers
	key        pdf.Name // in /VRI
	signer     *x509.Certificate
	timestamps []*cms.Timestamp // signature timestamps; for a document timestamp, itself
}

// newExtending reads the signatures that are to be extended. One that is not sound is an error.
func newExtending(ctx context.Context, doc pades.Document, e Extension) (*extending, error) {
	existing, store, err := verify.FindExisting(ctx, doc, pades.Trust{Time: e.Time, Anchors: e.Services.Known})
	if err != nil {
		return nil, err
	}
	if len(existing) == 0 {
		return nil, &pades.Error{Code: pades.CodeUnsigned,
			Detail: "the document has no signature that could be extended"}
	}
	x := &extending{appended: &appended{original: doc}, extension: e, collector: newCollector(e.Services, e.Time)}
	x.collector.budget = budget.Of(ctx)
	x.collector.stored = store
	x.collector.know(store.Certificates...)
	for _, s := range existing {
		one, err := newExistingSignature(s)
		if err != nil {
			return nil, err
		}
		x.signatures = append(x.signatures, *one)
	}
	x.levelBefore = lowest(existing)
	return x, nil
}

// lowest returns the level that all signatures have reached; "" = there are none, or one has no
// level.
func lowest(signatures []verify.Existing) pades.Level {
	least := pades.Level("")
	for _, s := range signatures {
		level := s.Finding.Level
		switch {
		case s.Finding.Kind != pades.KindSignature:
		case level == "":
			return ""
		case least == "" || level.Rank() < least.Rank():
			least = level
		}
	}
	return least
}

// newExistingSignature accepts a sound signature and refuses any other.
func newExistingSignature(s verify.Existing) (*existingSignature, error) {
	unsound := func(why string) error {
		return &pades.Error{Code: pades.CodeSignatureInvalid,
			Detail: fmt.Sprintf("the signature in field %q cannot be extended: %s", s.Finding.Field, why)}
	}
	if verdict, ok := errors.AsType[*pades.VerdictError](s.Err); ok {
		if verdict.Sub == pades.LimitReached {
			return nil, &pades.Error{Code: pades.CodeTooComplex, Detail: verdict.Detail}
		}
		return nil, unsound(verdict.Detail)
	}
	signer, err := s.Signed.Signer()
	if err != nil {
		return nil, unsound("its signer's certificate is not in it")
	}
	return &existingSignature{
		kind: s.Finding.Kind, end: s.End, key: validationKey(s.Contents), signer: signer, timestamps: s.Timestamps,
	}, nil
}

// proved reports whether a timestamp proves for each signature when it existed.
func (x *extending) proved() bool {
	for _, one := range x.signatures {
		if len(one.timestamps) == 0 && x.coveredAt(one.end).IsZero() {
			return false
		}
	}
	return true
}

// coveredAt is the time of the first document timestamp that covers the revision which ends at end;
// zero = none does.
func (x *extending) coveredAt(end int64) time.Time {
	for _, other := range x.signatures {
		if other.kind == pades.KindDocumentTimestamp && other.end > end {
			return other.timestamps[0].Time
		}
	}
	return time.Time{}
}

// timestamp appends a document timestamp.
func (x *extending) timestamp(ctx context.Context) error {
	token, err := x.appended.addTimestamp(ctx, x.extension.Services)
	if err != nil {
		return err
	}
	signer, err := token.Signer()
	if err != nil {
		return fmt.Errorf("read timestamp token: %w", err)
	}
	x.collector.know(token.Certificates...)
	x.signatures = append(x.signatures, existingSignature{
		kind: pades.KindDocumentTimestamp, end: x.appended.whole().Size(), signer: signer,
		timestamps: []*cms.Timestamp{token},
	})
	return nil
}

// validationData appends the validation data for the chains of all signers and TSAs.
func (x *extending) validationData(ctx context.Context) error {
	var all []*validationData
	for _, one := range x.signatures {
		subjects, err := x.subjects(one)
		if err != nil {
			return err
		}
		key := one.key
		if one.kind == pades.KindDocumentTimestamp {
			key = "" // writers disagree on its name
		}
		data := newValidationData(key)
		for _, s := range subjects {
			if err := x.collector.collect(ctx, data, s); err != nil {
				return err
			}
		}
		all = append(all, data)
	}
	return x.appended.addValidationData(ctx, all)
}

// subjects are the certificates of one signature whose chains need proof, each with the time of its
// use. The latest use comes first, because a certificate that two chains share must have been valid
// at the later of the two times.
func (x *extending) subjects(one existingSignature) ([]subject, error) {
	covered := x.coveredAt(one.end)
	if one.kind == pades.KindDocumentTimestamp {
		return []subject{{one.signer, covered}}, nil
	}
	proof := covered
	var subjects []subject
	for _, token := range one.timestamps {
		signer, err := token.Signer()
		if err != nil {
			return nil, fmt.Errorf("read timestamp token: %w", err)
		}
		subjects = append(subjects, subject{signer, covered})
		if proof.IsZero() || token.Time.Before(proof) {
			proof = token.Time
		}
	}
	return append(subjects, subject{one.signer, proof}), nil
}
