package cms

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"time"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/certificate"
)

// Timestamp is a timestamp token that was read: RFC 3161, section 2.4.2. Nothing in it is authentic
// before Verify returns nil. Safe for concurrent use while nobody changes it.
type Timestamp struct {
	*SignedData // the TSA's signature; its UnsignedAttributes and Certificates

	Raw          []byte           // the whole token, a ContentInfo
	Hash         algorithm.Digest // of the imprint; "" = unknown, which Verify reports
	Imprint      []byte           // hashedMessage: the digest that was timestamped
	Time         time.Time        // genTime, in UTC
	Accuracy     time.Duration
	Policy       asn1.ObjectIdentifier
	SerialNumber *big.Int
	Nonce        *big.Int // nil = none
}

// ParseTimestamp reads a timestamp token, which must be all of its input, with the bounds of Parse.
// The outer structure may be BER, the TSTInfo must be DER. Its errors are *Error.
func ParseTimestamp(der []byte) (*Timestamp, error) {
	return new(Reader).ParseTimestamp(bytes.Clone(der))
}

// Verify checks that the token is about imprint (a digest by t.Hash), that the TSA's signature and
// its signed reference hold, and that the TSA's certificate is for timestamping alone: extKeyUsage
// critical with id-kp-timeStamping only (RFC 3161, section 2.3). It builds no chain. To verify a
// token without the TSA's certificate, append the certificate to t.Certificates before.
//
// It checks in this order: the hash of the imprint is known (CRYPTO_CONSTRAINTS_FAILURE); the
// imprint is the one given (HASH_FAILURE); SignedData.Verify succeeds; a signed attribute refers to
// the certificate (SIG_CONSTRAINTS_FAILURE); the certificate is for timestamping alone
// (CHAIN_CONSTRAINTS_FAILURE); the algorithms are strong (CRYPTO_CONSTRAINTS_FAILURE, of Kind
// AlgorithmForbidden). A token that fails only the last check was sound while its algorithm was.
// Its errors are *Error.
func (t *Timestamp) Verify(imprint []byte) error {
	if t.Hash == "" {
		return errorf(AlgorithmUnknown, "the digest algorithm of the imprint is not known")
	}
	if len(imprint) != t.Hash.Size() || !bytes.Equal(imprint, t.Imprint) {
		return errorf(DigestMismatch, "the timestamp covers other data")
	}
	tsa, err := t.verify(t.messageDigest())
	if err != nil {
		return err
	}
	if t.Binding == BindingNone {
		return errorf(BindingMissing, "no signed attribute names the TSA's certificate")
	}
	if err := forTimestamping(tsa); err != nil {
		return err
	}
	if err := t.Hash.Strong(); err != nil {
		return errorf(AlgorithmForbidden, "the digest algorithm %v of the imprint is too weak", t.Hash)
	}
	return t.strong(tsa)
}

// WeakDigest does what SignedData.WeakDigest does, and also considers the digest of the imprint.
func (t *Timestamp) WeakDigest() algorithm.Digest {
	return cmp.Or(firstToFail(append(t.digests(), t.Hash)), t.DigestAlgorithm)
}

// messageDigest returns the digest of the TSTInfo; nil = its algorithm is not known.
func (t *Timestamp) messageDigest() []byte {
	if t.DigestAlgorithm == "" {
		return nil
	}
	return t.DigestAlgorithm.Sum(t.content)
}

// forTimestamping checks the purpose of a TSA's certificate: RFC 3161, section 2.3.
func forTimestamping(tsa *x509.Certificate) error {
	oidExtKeyUsage := asn1.ObjectIdentifier{2, 5, 29, 37}
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	critical := false
	for _, extension := range tsa.Extensions {
		if extension.Id.Equal(oidExtKeyUsage) {
			critical = extension.Critical
		}
	}
	if !certificate.Permits(tsa, signing) {
		return errorf(PurposeForbidden, "the key usage of the TSA's certificate does not allow signing")
	}
	alone := len(tsa.ExtKeyUsage) == 1 && tsa.ExtKeyUsage[0] == x509.ExtKeyUsageTimeStamping &&
		len(tsa.UnknownExtKeyUsage) == 0
	if !alone || !critical {
		return errorf(PurposeForbidden,
			"the TSA's certificate is not for timestamping only, or its extended key usage is not critical")
	}
	return nil
}
