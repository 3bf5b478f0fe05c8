package keyvault

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"

	"influxion/handler/internal/keyvault/material"
	"influxion/handler/internal/signing"
)

// testedVersion reads a version and runs its self-test, unless that version has passed one already.
func (s *Source) testedVersion(ctx context.Context, name, version string) (found, *refusal) {
	got, refused := s.readVersion(ctx, name, version)
	if refused != nil {
		return found{}, refused
	}
	c := got.value
	mark := markOf(c)
	if s.rotation.hasPassed(mark) {
		return got, nil
	}
	for _, odd := range got.oddities {
		s.logger.WarnContext(ctx, "certificate in the vault does not conform to X.509", "certificate", c.Name,
			"version", c.Version, "subject", odd.Subject, "reason", odd.Reason)
	}
	if refused := s.selfTest(ctx, c); refused != nil {
		return found{}, refused.about(c)
	}
	s.rotation.pass(mark)
	return got, nil
}

// selfTest signs a probe and verifies the signature with the certificate's public key.
func (s *Source) selfTest(ctx context.Context, c *signing.Certificate) *refusal {
	hash, err := usualHash(c.Leaf().PublicKey)
	if err != nil {
		// An RSA key of another size in memory. Whether it can sign shows in the self-test.
		hash = crypto.SHA256
	}
	digest := hash.New()
	digest.Write([]byte("influxion self-test of " + c.Name + " " + c.Version))
	probe := digest.Sum(nil)
	if key, ok := c.Key.(*vaultKey); ok {
		return s.probeVault(ctx, c.Version, key, probe, hash)
	}
	signature, err := c.Key.Sign(rand.Reader, probe, hash)
	if err != nil || !verifies(c.Leaf().PublicKey, hash, probe, signature) {
		return unfitVersion(c.Version, fmt.Errorf("version %s: %w", c.Version, errSelfTest))
	}
	return nil
}

// probeVault has the vault sign the probe. If the key cannot sign, or is not the certificate's, an
// older version may sign instead. If an operator stopped the key, none may.
func (s *Source) probeVault(ctx context.Context, version string, key *vaultKey, probe []byte,
	hash crypto.Hash) *refusal {
	scheme, err := schemeOf(key.public, probe, hash)
	if err != nil {
		return unfitVersion(version, fmt.Errorf("version %s: %w: %w", version, errSelfTest, err))
	}
	_, refused := s.store.sign(ctx, key.id, scheme, probe)
	if refused == nil {
		return nil
	}
	mismatch := errors.Is(refused.err, errWrongSignature)
	if !refused.final && !mismatch {
		return refused
	}
	cause := fmt.Errorf("version %s: %w: %w", version, errSelfTest, refused.err.Err)
	if !s.inVault() {
		cause = fmt.Errorf("%w: %w", material.ErrNotExportable, cause)
	}
	failing := *notFound(cause)
	if !mismatch {
		signingErr := *refused.err
		signingErr.Err = cause
		failing = *refused
		failing.err = &signingErr
	}
	if !failing.stopped {
		failing.unfit = &unfit{version: version, reason: reasonSelfTest}
	}
	return &failing
}

func verifies(public crypto.PublicKey, hash crypto.Hash, digest, signature []byte) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, signature)
	}
	return false
}
