package pades

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
)

// Extension says how far to extend the signatures of a document.
type Extension struct {
	Level      Level // B-T, B-LT or B-LTA; "" = B-LTA
	Services   Services
	AllowLower bool
	Time       time.Time // now; required
}

func (e Extension) complete() (Extension, error) {
	if e.Level == "" {
		e.Level = LevelLTA
	}
	switch {
	case e.Level.rank() < LevelBT.rank():
		return e, invalid("the level to extend to is not B-T, B-LT or B-LTA")
	case e.Time.IsZero():
		return e, invalid("the time is missing")
	}
	if err := e.Services.serve(e.Level); err != nil && !e.AllowLower {
		return e, err
	}
	return e, nil
}

// Extend makes the increment that brings every signature of doc to a higher level: a document timestamp where none proves a time yet, the
// validation data of all chains as far as doc lacks them, and for B-LTA a document timestamp over everything. A document at B-LTA gets
// the validation data of its last timestamp and another archive timestamp. A document that has all that the level asks for gets an
// increment without bytes.
//
// Errors as for Sign; a document without signatures is an *Error, and so is one with a signature that is broken or that another change
// than ISO 32000 allows came after. Whether the signers are to be trusted is not asked. A document at the level
// already, whose renewal fails, gives the *ServiceError whatever AllowLower says: nothing lower comes of it. Safe for concurrent use.
func Extend(ctx context.Context, doc Document, e Extension) (*Increment, error) {
	e, err := e.complete()
	if err != nil {
		return nil, err
	}
	x, err := newExtending(ctx, doc, e)
	if err != nil {
		return nil, err
	}
	if _, err := x.growth.read(ctx, crypto.SHA256); err != nil {
		return nil, err
	}
	l := ladder{target: e.Level, allowLower: e.AllowLower, reached: LevelBT}
	if !x.proved() {
		l.reached = LevelBB
		if err := l.climb(ctx, LevelBT, x.timestamp); err != nil {
			return nil, err
		}
	}
	if err := l.climb(ctx, LevelBLT, x.validationData); err != nil {
		return nil, err
	}
	if err := l.climb(ctx, LevelLTA, x.timestamp); err != nil {
		return nil, err
	}
	if l.shortfall != nil && l.target == LevelLTA && x.held == LevelLTA {
		return nil, l.shortfall // a renewal: no lower level is there to be allowed
	}
	increment := x.growth.increment(l)
	increment.Held = x.held
	return increment, nil
}

// TimestampDocument makes the increment that adds a document timestamp alone: ISO 32000-2, 12.8.5. Safe for concurrent use.
func TimestampDocument(ctx context.Context, doc Document, services Services) (*Increment, error) {
	g := &growth{original: doc}
	if _, err := g.addTimestamp(ctx, services); err != nil {
		return nil, ended(ctx, err)
	}
	return g.increment(ladder{}), nil
}

// extending is a document whose signatures are being extended.
type extending struct {
	growth    *growth
	extension Extension
	sealed    []sealed // in the order of their revisions
	collector *collector
	held      Level // that all signatures have
}

// sealed is a signature or a document timestamp that is there.
type sealed struct {
	kind       Kind
	end        int64    // of what it covers
	key        pdf.Name // in /VRI
	signer     *x509.Certificate
	timestamps []*cms.Timestamp // signature timestamps; for a document timestamp, itself
}

// newExtending reads what is to be extended. Only sound signatures are.
func newExtending(ctx context.Context, doc Document, e Extension) (*extending, error) {
	examination, err := examine(ctx, doc, Trust{Time: e.Time, Anchors: e.Services.Known, anyRoot: true})
	if err != nil {
		return nil, err
	}
	if len(examination.signatures) == 0 {
		return nil, &Error{Code: CodeUnsigned, Detail: "the document has no signature that could be extended"}
	}
	if _, err := examination.judge(ctx, examination.signatures); err != nil {
		return nil, readError(err)
	}
	store, err := examination.evidence(ctx)
	if err != nil {
		return nil, readError(err)
	}
	x := &extending{growth: &growth{original: doc}, extension: e, collector: newCollector(e.Services, e.Time)}
	x.collector.stored = store
	x.collector.know(store.certificates...)
	for _, s := range examination.signatures {
		one, err := newSealed(examination.file, s)
		if err != nil {
			return nil, readError(err)
		}
		x.sealed = append(x.sealed, *one)
	}
	x.held = lowest(examination.signatures)
	return x, nil
}

// lowest gives the level that all signatures have reached; "" if there are none, or one has no level.
func lowest(signatures []*signedField) Level {
	least := Level("")
	for _, s := range signatures {
		level := s.finding.Level
		switch {
		case s.finding.Kind != KindSignature:
		case level == "":
			return ""
		case least == "" || level.rank() < least.rank():
			least = level
		}
	}
	return least
}

// newSealed takes a signature that was judged.
func newSealed(file *pdf.File, s *signedField) (*sealed, error) {
	unsound := func(why string) error {
		return &Error{Code: CodeSignatureInvalid, Detail: fmt.Sprintf("the signature in field %q cannot be extended: %s", s.field.name, why)}
	}
	if !s.sound || slices.ContainsFunc(s.finding.LaterRevisions, func(r Revision) bool { return !r.Allowed }) {
		return nil, unsound(s.finding.Detail)
	}
	padded, err := file.String(s.dict["Contents"])
	if err != nil {
		return nil, err
	}
	one := &sealed{kind: s.finding.Kind, end: s.end(), key: validationKey(padded)}
	signed := s.signed
	if s.stamp != nil {
		signed, one.timestamps = s.stamp.token.SignedData, []*cms.Timestamp{s.stamp.token}
	}
	for _, stamp := range s.stamps {
		if stamp.token != nil && stamp.token.Verify(stamp.imprint(signed.Signature)) == nil {
			one.timestamps = append(one.timestamps, stamp.token)
		}
	}
	if one.signer, err = signed.Signer(); err != nil {
		return nil, unsound("its signer's certificate is not in it")
	}
	return one, nil
}

// proved says whether a timestamp shows of each signature when it was there.
func (x *extending) proved() bool {
	for _, one := range x.sealed {
		if len(one.timestamps) == 0 && x.coveredAt(one.end).IsZero() {
			return false
		}
	}
	return true
}

// coveredAt is the time of the first document timestamp that covers what a signature with that end is in; zero = none does.
func (x *extending) coveredAt(end int64) time.Time {
	for _, other := range x.sealed {
		if other.kind == KindDocumentTimestamp && other.end > end {
			return other.timestamps[0].Time
		}
	}
	return time.Time{}
}

// timestamp appends a document timestamp.
func (x *extending) timestamp(ctx context.Context) error {
	token, err := x.growth.addTimestamp(ctx, x.extension.Services)
	if err != nil {
		return err
	}
	signer, err := token.Signer()
	if err != nil {
		return fmt.Errorf("read timestamp token: %w", err)
	}
	x.collector.know(token.Certificates...)
	x.sealed = append(x.sealed, sealed{
		kind: KindDocumentTimestamp, end: x.growth.whole().Size(), signer: signer, timestamps: []*cms.Timestamp{token},
	})
	return nil
}

// validationData appends what proves the chains of all signers and TSAs.
func (x *extending) validationData(ctx context.Context) error {
	var all []*validationData
	for _, one := range x.sealed {
		subjects, err := x.subjects(one)
		if err != nil {
			return err
		}
		key := one.key
		if one.kind == KindDocumentTimestamp {
			key = "" // writers do not agree on how to name it
		}
		data := newValidationData(key)
		for _, s := range subjects {
			if err := x.collector.collect(ctx, data, s); err != nil {
				return err
			}
		}
		all = append(all, data)
	}
	return x.growth.addValidationData(ctx, all)
}

// subjects are the certificates of one signature whose chains are to be proved, each with the time at which it is known to have been
// used. Those that were used last come first: what two chains share must have been good until then.
func (x *extending) subjects(one sealed) ([]subject, error) {
	covered := x.coveredAt(one.end)
	if one.kind == KindDocumentTimestamp {
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
