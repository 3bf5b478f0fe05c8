package sign

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"hash"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/sign/seedvalue"
)

// Sign makes the increment that, appended to doc, gives the signed document. The chain begins with
// the leaf, which key must match. Sign reads doc about once, whatever the level, and keeps no copy
// of it. The increment has a few kilobytes; above B-T, the authorities' answers come on top. Each
// timestamp costs one round trip to the TSA. The key is used once, or twice where a timestamp token
// is larger than any seen before.
//
// A document that cannot be signed gives an *Error, and so does a revoked certificate. A trust
// service that fails gives a *ServiceError, unless AllowLower is set. The end of ctx is always an
// error. Safe for concurrent use.
func Sign(ctx context.Context, doc pades.Document, chain []*x509.Certificate, key crypto.Signer,
	options pades.Options) (*pades.Increment, error) {
	return pades.Reading(doc, func(doc pades.Document) (*pades.Increment, error) {
		return sign(ctx, doc, chain, key, options)
	})
}

func sign(ctx context.Context, doc pades.Document, chain []*x509.Certificate, key crypto.Signer,
	options pades.Options) (*pades.Increment, error) {
	options, err := applySeedValues(ctx, doc, chain, options)
	if err != nil {
		return nil, pades.ReadError(err)
	}
	options, err = complete(options, key.Public())
	if err != nil {
		return nil, err
	}
	s := &signature{appended: &appended{original: doc}, options: options, chain: chain}
	s.plan, err = cms.NewPlan(cms.Request{Chain: chain, Key: key, Digest: options.Digest, PSS: options.PSS})
	if err != nil {
		return nil, keyError(err)
	}
	if err := s.make(ctx); err != nil {
		return nil, err
	}
	l := levelProgress{target: options.Level, allowLower: options.AllowLower, reached: pades.LevelBB}
	if err := l.reach(ctx, pades.LevelBT, s.timestamp); err != nil {
		return nil, err
	}
	if err := s.draft.fillContents(s.der); err != nil {
		return nil, err
	}
	s.appended.append(s.draft.increment)
	if err := l.reach(ctx, pades.LevelBLT, s.validationData); err != nil {
		return nil, err
	}
	if err := l.reach(ctx, pades.LevelLTA, s.archive); err != nil {
		return nil, err
	}
	return s.appended.increment(ctx, l)
}

// applySeedValues applies the seed values of the field that is to be signed.
func applySeedValues(ctx context.Context, doc pades.Document, chain []*x509.Certificate,
	options pades.Options) (pades.Options, error) {
	if len(chain) == 0 || options.Field == "" {
		return options, nil // without a chain, the CMS refuses
	}
	applied := options
	err := withRebuild(ctx, doc, func(file *pdf.File) (err error) {
		applied, err = seedvalue.Apply(file, chain, options)
		return err
	})
	return applied, err
}

// signature is a signature in the making.
type signature struct {
	appended *appended
	options  pades.Options
	chain    []*x509.Certificate
	plan     *cms.Plan
	before   hash.Hash      // running digest of the document without the signature
	draft    *draft         // the increment that it completes
	der      []byte         // the CMS
	token    *cms.Timestamp // its signature timestamp; nil = none
}

// make makes a signature of level B-B, and reserves space for the timestamp in /Contents.
func (s *signature) make(ctx context.Context) error {
	size := s.plan.Size()
	if s.options.Level != pades.LevelBB {
		size += attributeSize + tokenSize(s.options.Services)
	}
	return s.fill(ctx, size)
}

// fill makes the signature with a place for a CMS of at most size bytes.
func (s *signature) fill(ctx context.Context, size int) error {
	var err error
	seed := []byte(s.options.Time.UTC().String())
	s.draft, err = s.appended.draft(ctx, seed,
		func(file *pdf.File) (*increment, error) { return newIncrement(file, s.options, s.chain, size) })
	if err != nil {
		return err
	}
	if s.before == nil {
		if s.before, err = s.appended.read(ctx, s.options.Digest); err != nil {
			return err
		}
	}
	digest, err := s.draft.digest(s.before)
	if err != nil {
		return err
	}
	if s.der, err = s.plan.Sign(digest); err != nil {
		return keyError(err)
	}
	return nil
}

// attributeSize is the number of bytes for the attribute around a token in the CMS, and for the
// length fields that become longer because of it.
const attributeSize = 64

// timestamp adds the signature timestamp: ETSI EN 319 122-1, 5.3. If the token is too large for the
// place, timestamp makes the signature again, once, because the signature covers the size of the
// place.
func (s *signature) timestamp(ctx context.Context) error {
	for again := false; ; again = true {
		signed, err := cms.Parse(s.der)
		if err != nil {
			return fmt.Errorf("read own CMS: %w", err)
		}
		imprint := sha256.Sum256(signed.Signature)
		token, err := timestamp(ctx, s.options.Services, imprint[:])
		if err != nil {
			return err
		}
		der, err := cms.WithUnsignedAttribute(s.der, cms.OIDSignatureTimestamp, token.Raw)
		if err != nil {
			return fmt.Errorf("add timestamp to CMS: %w", err)
		}
		if s.draft.fits(der) {
			s.der, s.token = der, token
			return nil
		}
		if again {
			return tokenTooLarge()
		}
		if err := s.fill(ctx, len(der)+tokenSlack); err != nil {
			return err
		}
	}
}

// validationData adds the validation data for the chains of the signer and of its TSA.
func (s *signature) validationData(ctx context.Context) error {
	key, err := s.draft.validationKey()
	if err != nil {
		return err
	}
	tsa, err := s.token.Signer()
	if err != nil {
		return fmt.Errorf("read timestamp token: %w", err)
	}
	c := newCollector(s.options.Services, s.options.Time)
	c.know(s.chain...)
	c.know(s.token.Certificates...)
	data := newValidationData(key)
	for _, leaf := range []*x509.Certificate{s.chain[0], tsa} {
		if err := c.collect(ctx, data, subject{certificate: leaf}); err != nil {
			return err
		}
	}
	return s.appended.addValidationData(ctx, []*validationData{data})
}

// archive adds the document timestamp over the whole document.
func (s *signature) archive(ctx context.Context) error {
	_, err := s.appended.addTimestamp(ctx, s.options.Services)
	return err
}

// keyError gives the error for a refused key the code that callers see. It only adds context to an
// error of the key itself.
func keyError(err error) error {
	if errors.Is(err, cms.ErrKeyUnsupported) || errors.Is(err, cms.ErrKeyMismatch) {
		return &pades.Error{Code: pades.CodeKeyUnsupported, Detail: "the certificate's key cannot make this signature",
			Err: err}
	}
	return fmt.Errorf("make CMS: %w", err)
}
