package chain

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/revocation"
)

// Validator decides whether the certificates of one document were fit to sign at a given time. It
// uses the document's validation data and, where Trust has a source, current answers of the
// authorities. Not safe for concurrent use.
type Validator struct {
	trust   pades.Trust
	anchors anchors
	load    func(context.Context, *Store) error // fills the store, once
	store   *Store                              // validation data; nil = not loaded yet
	proofs  proofs
	cost    cost
	budget  *budget.Budget              // nil = none
	roots   timeless                    // the anchors, for path building
	built   map[[sha256.Size]byte]built // chains, by the digest of the signer's certificate
	asked   map[statusKey]*revocation.Evidence
	// refusals are the reasons why certificates are not used, by certificate.
	refusals map[*x509.Certificate]string
	names    describer
}

// NewValidator gives the validator of one document. It calls load when validation data is first
// needed. With anyRoot, every root in the document is an anchor too.
func NewValidator(trust pades.Trust, anyRoot bool, load func(context.Context, *Store) error) *Validator {
	return &Validator{
		trust: trust, anchors: anchors{trust.Anchors, anyRoot}, load: load, proofs: proofs{now: trust.Time},
		built: map[[sha256.Size]byte]built{}, asked: map[statusKey]*revocation.Evidence{},
		refusals: map[*x509.Certificate]string{},
		names:    describer{map[*x509.Certificate]*pades.Certificate{}, map[string]string{}},
	}
}

// Draw charges memory and work to a budget. Without a budget, only this package's own bounds hold.
func (v *Validator) Draw(b *budget.Budget) { v.budget = b }

// Evidence gives the store, and loads it when it is first needed.
func (v *Validator) Evidence(ctx context.Context) (*Store, error) {
	if v.store != nil {
		return v.store, nil
	}
	v.store = newStore(v.anchors)
	v.store.proven = v.trust.Proven
	if v.store.budget = v.budget; v.budget != nil {
		v.store.memory = func(bytes int64) error { return v.budget.Take(ctx, bytes) }
	}
	return v.store, cmp.Or(v.load(ctx, v.store), v.store.short)
}

// Limit names the limit because of which validation data was left out; "" = all of it was used.
func (v *Validator) Limit() string {
	if v.store == nil {
		return ""
	}
	return v.store.limit
}

// Prove records a valid document timestamp of that time. It proves that everything up to end
// existed, except the gap of its own /Contents.
func (v *Validator) Prove(gap Span, end int64, at time.Time) { v.proofs.add(gap, end, at) }

// Proved gives the earliest time at which a part of the document is proved to have existed; the
// time of verification without a proof.
func (v *Validator) Proved(part Span) (at time.Time, proved bool) { return v.proofs.of(part) }

// AnyProved tells whether the existence of one of the parts is proved.
func (v *Validator) AnyProved(parts []Span) bool { return v.proofs.any(parts) }

// Pieces gives the places of the validation data in the document that is about a path, whose
// evidence must have been loaded.
func (v *Validator) Pieces(path []*x509.Certificate) []Span { return v.store.pieces(path) }
