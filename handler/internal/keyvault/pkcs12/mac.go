package pkcs12

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"hash"

	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/ber"
)

// digests are the hash functions of the HMAC whose key derive makes: RFC 7292, section 4.
var digests = map[string]func() hash.Hash{
	"1.3.14.3.2.26":          sha1.New,
	"2.16.840.1.101.3.4.2.4": sha256.New224,
	"2.16.840.1.101.3.4.2.1": sha256.New,
	"2.16.840.1.101.3.4.2.2": sha512.New384,
	"2.16.840.1.101.3.4.2.3": sha512.New,
	"2.16.840.1.101.3.4.2.5": sha512.New512_224,
	"2.16.840.1.101.3.4.2.6": sha512.New512_256,
}

const oidPBMAC1 = "1.2.840.113549.1.5.14"

// macData is the content of a MacData: RFC 7292, section 4.
type macData struct {
	algorithm  pkix.AlgorithmIdentifier
	mac        []byte
	salt       []byte
	iterations int
}

func (m *macData) read(pfx *ber.Cursor) bool {
	der, ok := pfx.TakeDER(asn1.SEQUENCE)
	var p struct {
		Info struct {
			Algorithm pkix.AlgorithmIdentifier
			MAC       []byte
		}
		Salt       []byte
		Iterations int `asn1:"optional,default:1"`
	}
	if !ok || !pfx.Empty() || !unmarshal(der, &p) {
		return false
	}
	*m = macData{p.Info.Algorithm, p.Info.MAC, p.Salt, p.Iterations}
	return true
}

// verifyMAC verifies the message authentication code, which is the rest of the file. It returns the
// encoding of the empty password that verifies.
func verifyMAC(pfx *ber.Cursor, safe []byte, left *int) (password []byte, err error) {
	var m macData
	if !m.read(pfx) {
		return nil, errMalformed
	}
	for _, password := range passwords {
		newHash, key, err := m.key(password, left)
		if err != nil {
			return nil, err
		}
		made := hmac.New(newHash, key)
		made.Write(safe)
		if hmac.Equal(made.Sum(nil), m.mac) {
			return password, nil
		}
	}
	return nil, errPassword
}

func (m *macData) key(password []byte, left *int) (func() hash.Hash, []byte, error) {
	if m.algorithm.Algorithm.String() == oidPBMAC1 {
		return m.keyPBMAC1(left)
	}
	newHash, known := digests[m.algorithm.Algorithm.String()]
	if !known {
		return nil, nil, unsupported("message authentication code", m.algorithm.Algorithm)
	}
	if err := spend(left, m.iterations); err != nil {
		return nil, nil, err
	}
	d := derivation{newHash, m.salt, password, m.iterations}
	return newHash, d.derive(forMAC, newHash().Size()), nil
}

// keyPBMAC1 derives the key by RFC 9579. Section 6 requires a key length that is neither too short
// nor longer than the digest.
func (m *macData) keyPBMAC1(left *int) (func() hash.Hash, []byte, error) {
	var p struct{ KDF, MAC pkix.AlgorithmIdentifier }
	if !unmarshal(m.algorithm.Parameters.FullBytes, &p) {
		return nil, nil, errMalformed
	}
	newHash, known := hmacs[p.MAC.Algorithm.String()]
	if !known {
		return nil, nil, unsupported("message authentication code", p.MAC.Algorithm)
	}
	key, err := derivePBKDF2(p.KDF, left, func(stated int) int {
		if stated < 20 || stated > 64 {
			return 0
		}
		return stated
	})
	return newHash, key, err
}
