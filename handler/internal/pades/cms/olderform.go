package cms

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"math/big"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/ber"
	"influxion/handler/internal/pades/certificate"
)

// ParseSHA1 reads a signature of the form adbe.pkcs7.sha1 (ISO 32000-2, section 12.8.3.3.1). The
// content of its SignedData is the SHA-1 digest of the document, and Verify takes that digest. Like
// Parse, it takes exactly one element. Its errors are *Error.
func (r *Reader) ParseSHA1(der []byte) (*SignedData, error) {
	s, err := r.parse(der, formSHA1)
	if err != nil {
		return nil, err
	}
	if len(s.content) != algorithm.SHA1.Size() {
		return nil, errorf(Malformed, "the content is not a SHA-1 digest")
	}
	return s, nil
}

// ParsePKCS1 reads a signature of the form adbe.x509.rsa_sha1 (ISO 32000-2, section 12.8.3.2). Its
// /Contents is an OCTET STRING with a PKCS #1 signature value, and its certificates are in /Cert,
// the signer's first. Despite the name of the form, the signature value names the digest. To read
// the name, ParsePKCS1 uses the signer's key once. It calls charge before that, and returns the
// error of charge as it is. All other errors are *Error.
func (r *Reader) ParsePKCS1(contents []byte, certificates [][]byte,
	charge func(signer *x509.Certificate) error) (*SignedData, error) {
	c := ber.NewCursor(contents)
	s := &SignedData{encoding: encoding{raw: contents, form: formDetached}}
	var ok bool
	if s.Signature, ok = c.TakeOctets(); !ok || !c.Empty() {
		return nil, errorf(Malformed, "the signature is not exactly one OCTET STRING")
	}
	if err := s.addCertificates(certificates, r); err != nil {
		return nil, err
	}
	s.remark("there are no signed attributes: the signature is over the content itself")
	key, err := algorithm.Key(s.certificate)
	if err != nil {
		return nil, algorithmError(err)
	}
	n, e := modulus(key)
	if n == nil {
		return nil, errorf(AlgorithmUnknown, "the signer's key is not an RSA key")
	}
	if err := charge(s.certificate); err != nil {
		return nil, err
	}
	if s.DigestAlgorithm, err = algorithm.PKCS1Digest(n, e, s.Signature); err != nil {
		return nil, algorithmError(err)
	}
	s.scheme = algorithm.Scheme{Family: algorithm.PKCS1, Digest: s.DigestAlgorithm}
	s.SignatureAlgorithm = s.scheme.String()
	return s, nil
}

// addCertificates adds the certificates of /Cert. The first is the signer's.
func (s *SignedData) addCertificates(all [][]byte, r *Reader) error {
	for i, raw := range all {
		if i == maxCertificates {
			return tooMuch("more than %d certificates", maxCertificates)
		}
		c, err := r.certificate(raw)
		if err != nil {
			s.Unparsed++
			continue
		}
		if i == 0 {
			certificate.Complete(c)
			s.certificate = c
		}
		if certificate.Refused(c) {
			s.Refused = append(s.Refused, c)
			continue
		}
		s.Certificates = append(s.Certificates, c)
	}
	if s.certificate == nil {
		return errorf(SignerNotFound, "the signer's certificate is not in the signature dictionary, or cannot be read")
	}
	return nil
}

func modulus(key crypto.PublicKey) (n, e *big.Int) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return key.N, big.NewInt(int64(key.E))
	case *algorithm.RSAKey:
		return key.N, key.E
	}
	return nil, nil
}
