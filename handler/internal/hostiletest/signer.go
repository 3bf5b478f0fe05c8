package hostiletest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pkitest"
)

// signer signs with a certificate from an unknown authority.
type signer struct {
	authority *pkitest.Authority
	chain     []*x509.Certificate
	key       crypto.Signer
	now       time.Time
}

func newSigner(algorithm pkitest.Algorithm) (*signer, error) {
	s := &signer{now: time.Now().Truncate(time.Second)}
	var err error
	if s.authority, err = pkitest.NewRoot("Costly Root", s.now); err != nil {
		return nil, err
	}
	if s.key, err = pkitest.NewKey(algorithm); err != nil {
		return nil, err
	}
	s.chain, err = s.authority.Issue(pkitest.SigningTemplate("Costly Seal", s.now), s.key.Public())
	return s, err
}

// with returns the same signer, but it embeds further certificates.
func (s *signer) with(more ...*x509.Certificate) *signer {
	other := *s
	other.chain = append(slices.Clone(s.chain), more...)
	return &other
}

// sign returns the document with a signature.
func (s *signer) sign(document []byte, options pades.Options) ([]byte, error) {
	options.Time = s.now
	increment, err := sign.Sign(context.Background(), bytes.NewReader(document), s.chain, s.key, options)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return slices.Concat(document, increment.Bytes), nil
}

// signUpTo signs again and again until the document reaches a size in bytes or a number of
// signatures.
func (s *signer) signUpTo(document []byte, size, count int, options pades.Options) ([]byte, error) {
	for range count {
		next, err := s.sign(document, options)
		if err != nil {
			return nil, err
		}
		if len(next) > size {
			break
		}
		document = next
	}
	return document, nil
}

// update appends a revision to a document.
func update(document []byte, change func(f *pdf.File, u *pdf.Update) error) ([]byte, error) {
	f, err := pdf.Open(context.Background(), bytes.NewReader(document), pdf.Limits{})
	if err != nil {
		return nil, err
	}
	u := f.NewUpdate()
	if err := change(f, u); err != nil {
		return nil, err
	}
	increment, err := u.Bytes(nil)
	return slices.Concat(document, increment), err
}

// setCatalog changes entries of the catalog.
func setCatalog(f *pdf.File, u *pdf.Update, changes pdf.Dict) error {
	root, catalog, err := f.Catalog()
	if err != nil {
		return err
	}
	changed := catalog.Clone()
	for key, value := range changes {
		changed[key] = value
	}
	u.Set(root, changed)
	return nil
}
