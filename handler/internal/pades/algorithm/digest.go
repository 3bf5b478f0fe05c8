package algorithm

import (
	"crypto"
	"crypto/fips140"
	_ "crypto/md5" // linked in for crypto.Hash, as are the others
	_ "crypto/sha1"
	_ "crypto/sha256"
	"crypto/sha3"
	_ "crypto/sha512"
	"encoding/asn1"
	"fmt"
	"hash"
	"time"
)

// Digest names a hash function, as crypto.Hash does for those that it has. The zero value is no
// known function.
type Digest string

// The digests. SHAKE128 has 32 bytes of output and SHAKE256 has 64, as RFC 8702 uses them.
const (
	MD5        Digest = "MD5"
	SHA1       Digest = "SHA-1"
	SHA224     Digest = "SHA-224"
	SHA256     Digest = "SHA-256"
	SHA384     Digest = "SHA-384"
	SHA512     Digest = "SHA-512"
	SHA512_224 Digest = "SHA-512/224"
	SHA512_256 Digest = "SHA-512/256"
	SHA3_224   Digest = "SHA3-224"
	SHA3_256   Digest = "SHA3-256"
	SHA3_384   Digest = "SHA3-384"
	SHA3_512   Digest = "SHA3-512"
	SHAKE128   Digest = "SHAKE128"
	SHAKE256   Digest = "SHAKE256"
)

// digestRow is a hash function with the signature algorithms that are named after it.
type digestRow struct {
	digest Digest
	hash   crypto.Hash // 0 for SHAKE
	oid    asn1.ObjectIdentifier
	pkcs1  asn1.ObjectIdentifier // RFC 8017 and 3370; nil = there is none, also in the next fields
	ecdsa  asn1.ObjectIdentifier // RFC 5758 and 8702
	dsa    asn1.ObjectIdentifier // RFC 5758 and 3370
	plain  asn1.ObjectIdentifier // ECDSA in the form r || s: BSI TR-03111, 5.2.1.1
	until  time.Time             // when it ceased to be reliable; zero = it is reliable
}

func nist(kind, n int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, kind, n}
}

func pkcs1OID(n int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, n}
}

func ecdsaOID(n int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, n}
}

func plainOID(n int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1, n}
}

func pkixOID(n int) asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 6, n}
}

func day(year int, month time.Month) time.Time {
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}

// digestRows has the dates of ETSI TS 119 312, and of TS 102 176-1 before it.
var digestRows = []digestRow{
	{digest: SHA256, hash: crypto.SHA256, oid: nist(2, 1),
		pkcs1: pkcs1OID(11), ecdsa: ecdsaOID(2), dsa: nist(3, 2), plain: plainOID(3)},
	{digest: SHA384, hash: crypto.SHA384, oid: nist(2, 2),
		pkcs1: pkcs1OID(12), ecdsa: ecdsaOID(3), dsa: nist(3, 3), plain: plainOID(4)},
	{digest: SHA512, hash: crypto.SHA512, oid: nist(2, 3),
		pkcs1: pkcs1OID(13), ecdsa: ecdsaOID(4), dsa: nist(3, 4), plain: plainOID(5)},
	{digest: SHA224, hash: crypto.SHA224, oid: nist(2, 4),
		pkcs1: pkcs1OID(14), ecdsa: ecdsaOID(1), dsa: nist(3, 1), plain: plainOID(2),
		until: day(2023, time.January)},
	{digest: SHA512_224, hash: crypto.SHA512_224, oid: nist(2, 5),
		pkcs1: pkcs1OID(15), until: day(2023, time.January)},
	{digest: SHA512_256, hash: crypto.SHA512_256, oid: nist(2, 6), pkcs1: pkcs1OID(16)},
	{digest: SHA3_224, hash: crypto.SHA3_224, oid: nist(2, 7),
		pkcs1: nist(3, 13), ecdsa: nist(3, 9), dsa: nist(3, 5),
		until: day(2023, time.January)},
	{digest: SHA3_256, hash: crypto.SHA3_256, oid: nist(2, 8),
		pkcs1: nist(3, 14), ecdsa: nist(3, 10), dsa: nist(3, 6)},
	{digest: SHA3_384, hash: crypto.SHA3_384, oid: nist(2, 9),
		pkcs1: nist(3, 15), ecdsa: nist(3, 11), dsa: nist(3, 7)},
	{digest: SHA3_512, hash: crypto.SHA3_512, oid: nist(2, 10),
		pkcs1: nist(3, 16), ecdsa: nist(3, 12), dsa: nist(3, 8)},
	{digest: SHAKE128, oid: nist(2, 11), ecdsa: pkixOID(32)},
	{digest: SHAKE256, oid: nist(2, 12), ecdsa: pkixOID(33)},
	{digest: SHA1, hash: crypto.SHA1, oid: asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, pkcs1: pkcs1OID(5),
		ecdsa: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}, dsa: asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 3},
		plain: plainOID(1),
		until: day(2012, time.August)},
	{digest: MD5, hash: crypto.MD5, oid: asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 5},
		pkcs1: pkcs1OID(4), until: day(2004, time.August)},
}

func (d Digest) row() digestRow {
	for _, row := range digestRows {
		if row.digest == d {
			return row
		}
	}
	return digestRow{}
}

// DigestOf returns the Digest for a crypto.Hash; "" = no document is digested with it.
func DigestOf(h crypto.Hash) Digest {
	for _, row := range digestRows {
		if row.hash == h && h != 0 {
			return row.digest
		}
	}
	return ""
}

// Hash returns the crypto.Hash; 0 = crypto has none.
func (d Digest) Hash() crypto.Hash { return d.row().hash }

// OID returns the object identifier; nil = the Digest is not known.
func (d Digest) OID() asn1.ObjectIdentifier { return d.row().oid }

// Available reports whether the digest is known, so that New and Size may be called.
func (d Digest) Available() bool { return d.row().oid != nil }

// Until returns when a digest ceased to be reliable; known is false for one that is still reliable.
func (d Digest) Until() (until time.Time, known bool) {
	until = d.row().until
	return until, !until.IsZero()
}

func (d Digest) String() string { return string(d) }

// Size returns the length of a sum in bytes; 0 = the Digest is not known.
func (d Digest) Size() int {
	switch row := d.row(); {
	case d == SHAKE128:
		return 32
	case d == SHAKE256:
		return 64
	case row.hash == 0:
		return 0
	default:
		return row.hash.Size()
	}
}

// New returns a running digest, which is a hash.Cloner too. It panics for a Digest that is not
// known.
func (d Digest) New() hash.Hash {
	switch d {
	case SHAKE128:
		return &shake{SHAKE: sha3.NewSHAKE128(), size: d.Size()}
	case SHAKE256:
		return &shake{SHAKE: sha3.NewSHAKE256(), size: d.Size()}
	}
	row := d.row()
	if row.hash == 0 {
		panic("internal error: digest " + string(d) + " is not known")
	}
	if (d == MD5 || d == SHA1) && fips140.Enforced() {
		return &unapproved{row.hash.New()}
	}
	return row.hash.New()
}

// Sum digests data.
func (d Digest) Sum(data []byte) []byte {
	h := d.New()
	h.Write(data)
	return h.Sum(nil)
}

// shake is a SHAKE with a fixed length of output.
type shake struct {
	*sha3.SHAKE
	size int
}

func (s *shake) Size() int { return s.size }

func (s *shake) Sum(b []byte) []byte {
	copied, err := s.Clone()
	if err != nil {
		panic("internal error: " + err.Error())
	}
	sum := make([]byte, s.size)
	copied.(*shake).SHAKE.Read(sum)
	return append(b, sum...)
}

// Clone implements hash.Cloner.
func (s *shake) Clone() (hash.Cloner, error) {
	state, err := s.SHAKE.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("clone SHAKE: %w", err)
	}
	copied := &shake{SHAKE: sha3.NewSHAKE256(), size: s.size}
	if s.size == SHAKE128.Size() {
		copied.SHAKE = sha3.NewSHAKE128()
	}
	if err := copied.SHAKE.UnmarshalBinary(state); err != nil {
		return nil, fmt.Errorf("clone SHAKE: %w", err)
	}
	return copied, nil
}
