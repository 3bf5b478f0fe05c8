package pades

import (
	"crypto/x509"
	"errors"
	"time"
)

// Trust is what a signature is measured against.
type Trust struct {
	Anchors []*x509.Certificate // a chain must end in one of them; empty = no chain is trusted
	Time    time.Time           // the time of the verification
}

// check validates the signer's certificate (ETSI EN 319 102-1, 5.2.6): its chain and its dates at the time of verification, its key
// usage, and its dates at the time that the signer claims. Without a timestamp nothing proves that claim, so that a certificate which
// has expired since leaves the question open.
func (t Trust) check(signer *x509.Certificate, others []*x509.Certificate, claimed time.Time) error {
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if signer.KeyUsage != 0 && signer.KeyUsage&signing == 0 {
		return undecided(ChainConstraintsFailure, "the certificate's key usage does not allow signing")
	}
	if err := t.chain(signer, others); err != nil {
		return err
	}
	switch {
	case t.Time.Before(signer.NotBefore):
		return undecided(NotYetValid, "the certificate is not valid yet")
	case t.Time.After(signer.NotAfter):
		return undecided(OutOfBoundsNoPOE, "the certificate has expired, and nothing proves that the signature was made before")
	case claimed.IsZero():
		return undecided(SigConstraintsFailure, "there is no signing time")
	case claimed.Before(signer.NotBefore) || claimed.After(signer.NotAfter):
		return undecided(OutOfBoundsNoPOE, "the claimed signing time lies outside the certificate's validity")
	case claimed.After(t.Time.Add(clockSkew)):
		return undecided(SigConstraintsFailure, "the claimed signing time lies in the future")
	}
	return nil
}

// clockSkew is how far the signer's clock may be ahead of ours.
const clockSkew = 5 * time.Minute

// chain looks for a path from the signer to an anchor. The dates of the signer itself are the caller's to judge.
func (t Trust) chain(signer *x509.Certificate, others []*x509.Certificate) error {
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	for _, anchor := range t.Anchors {
		roots.AddCert(anchor)
	}
	for _, other := range others {
		intermediates.AddCert(other)
	}
	at := t.Time
	if at.After(signer.NotAfter) {
		at = signer.NotAfter
	}
	if at.Before(signer.NotBefore) {
		at = signer.NotBefore
	}
	_, err := signer.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err == nil {
		return nil
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return undecided(OutOfBoundsNoPOE, "a certificate of the chain is outside its validity")
		}
		return undecided(ChainConstraintsFailure, "the certificate chain breaks a constraint of one of its certificates")
	}
	if _, ok := errors.AsType[x509.UnhandledCriticalExtension](err); ok {
		return undecided(ChainConstraintsFailure, "the certificate has a critical extension that is not understood")
	}
	return undecided(NoCertificateChain, "no chain leads from the signer's certificate to a trust anchor")
}
