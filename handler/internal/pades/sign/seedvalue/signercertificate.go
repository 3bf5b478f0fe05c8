package seedvalue

import (
	"bytes"
	"crypto/x509"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// Bits of a certificate seed value dictionary's /Ff: ISO 32000-2, table 238.
const (
	seedSubject     = 1 << 0
	seedIssuer      = 1 << 1
	seedPolicy      = 1 << 2
	seedSubjectName = 1 << 3
	seedKeyUsage    = 1 << 5
	seedURL         = 1 << 6
)

// subjectAttributes are the names of subject attributes in seed values (RFC 4519). A dotted
// identifier needs no entry.
var subjectAttributes = map[string]string{
	"CN": "2.5.4.3", "SN": "2.5.4.4", "SERIALNUMBER": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7", "ST": "2.5.4.8",
	"S":      "2.5.4.8",
	"STREET": "2.5.4.9", "O": "2.5.4.10", "OU": "2.5.4.11", "T": "2.5.4.12", "TITLE": "2.5.4.12", "GN": "2.5.4.42",
	"GIVENNAME": "2.5.4.42",
	"E":         "1.2.840.113549.1.9.1", "EMAIL": "1.2.840.113549.1.9.1", "DC": "0.9.2342.19200300.100.1.25",
	"UID": "0.9.2342.19200300.100.1.1",
}

// certificate checks the signer's certificate against the required constraints of the field. Other
// constraints have no effect, because there is only one certificate to sign with.
func (s *seed) certificate(*pades.Options) error {
	dict, err := s.file.Dict(s.dict["Cert"])
	if err != nil || dict == nil {
		return err
	}
	required, err := s.file.Integer(dict["Ff"])
	if err != nil {
		return err
	}
	for _, key := range []pdf.Name{"SignaturePolicyOID", "CommitmentTypes"} {
		if dict[key] != nil {
			return unmet("a signature policy or commitment type, which is not supported")
		}
	}
	c := &seed{file: s.file, dict: dict, chain: s.chain}
	for _, constraint := range []struct {
		bit  pdf.Integer
		meet func() (bool, error)
		name string
	}{
		{seedSubject, c.subject, "another signer's certificate"},
		{seedIssuer, c.issuer, "a certificate of another issuer"},
		{seedPolicy, c.policies, "a certificate of another policy"},
		{seedSubjectName, c.subjectName, "a certificate of another subject"},
		{seedKeyUsage, c.keyUsage, "a certificate with another key usage"},
		{seedURL, c.url, "a signing service of its own"},
	} {
		if required&constraint.bit == 0 {
			continue
		}
		met, err := constraint.meet()
		if err != nil {
			return err
		}
		if !met {
			return unmet(constraint.name)
		}
	}
	return nil
}

func (s *seed) subject() (bool, error) { return s.names("Subject", s.chain[:1]) }

func (s *seed) issuer() (bool, error) { return s.names("Issuer", s.chain[1:]) }

// names reports whether one of the DER certificates of an array is in the chain.
func (s *seed) names(key pdf.Name, chain []*x509.Certificate) (bool, error) {
	array, err := s.array(key)
	if err != nil {
		return false, err
	}
	for _, element := range array {
		der, err := s.file.String(element)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(chain, func(c *x509.Certificate) bool { return bytes.Equal(c.Raw, der) }) {
			return true, nil
		}
	}
	return false, nil
}

// policies reports whether the certificate has every policy of the list.
func (s *seed) policies() (bool, error) {
	wanted, err := s.texts("OID")
	if err != nil || len(wanted) == 0 {
		return false, err
	}
	for _, policy := range wanted {
		if !slices.ContainsFunc(s.chain[0].Policies, func(have x509.OID) bool { return have.String() == policy }) {
			return false, nil
		}
	}
	return true, nil
}

// subjectName reports whether the subject has all attributes of one of the dictionaries.
func (s *seed) subjectName() (bool, error) {
	array, err := s.array("SubjectDN")
	if err != nil {
		return false, err
	}
	for _, element := range array {
		dict, err := s.file.Dict(element)
		if err != nil {
			return false, err
		}
		met := len(dict) > 0
		for key, value := range dict {
			text, err := s.file.String(value)
			if err != nil {
				return false, err
			}
			met = met && hasAttribute(s.chain[0], string(key), text.Text())
		}
		if met {
			return true, nil
		}
	}
	return false, nil
}

func hasAttribute(certificate *x509.Certificate, name, value string) bool {
	if oid, ok := subjectAttributes[strings.ToUpper(name)]; ok {
		name = oid
	}
	for _, attribute := range certificate.Subject.Names {
		if have, ok := attribute.Value.(string); ok && attribute.Type.String() == name && have == value {
			return true
		}
	}
	return false
}

// keyUsage reports whether the certificate fits one of the patterns. A pattern has a character for
// each bit: 1 = set, 0 = not set, X = either.
func (s *seed) keyUsage() (bool, error) {
	patterns, err := s.texts("KeyUsage")
	if err != nil {
		return false, err
	}
	for _, pattern := range patterns {
		fits := pattern != ""
		for bit, want := range pattern {
			have := bit < 9 && s.chain[0].KeyUsage&(1<<bit) != 0
			fits = fits && (want == '1' && have || want == '0' && !have || want == 'X')
		}
		if fits {
			return true, nil
		}
	}
	return false, nil
}

// url accepts an address where people can get certificates. It refuses a signing service, because
// that would be another signer.
func (s *seed) url() (bool, error) {
	kind, err := s.file.Name(s.dict["URLType"])
	return kind == "" || kind == "Browser", err
}

func (s *seed) array(key pdf.Name) (pdf.Array, error) {
	array, err := s.file.Array(s.dict[key])
	if err == nil && len(array) > maxSeeds {
		err = &pades.Error{Code: pades.CodeTooComplex, Detail: "the field of this name has too many seed values"}
	}
	return array, err
}
