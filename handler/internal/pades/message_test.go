package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// message is a CMS SignedData in parts, sound unless a test changes one. It shares nothing with the
// code under test.
type message struct {
	by     signer
	scheme scheme

	kind         []byte // content type
	content      []byte // what is signed
	inside       []byte // eContent; nil = detached
	version      []byte
	declared     []byte // contents of digestAlgorithms
	certificates [][]byte
	crls         []byte
	info         func(m *message, attributes []byte) []byte // a SignerInfo
	others       func(m *message, info []byte) [][]byte     // the signerInfos

	signerVersion, signer, digest []byte
	attributes                    [][]byte // content-type, message-digest, signing-certificate-v2, and more
	unsorted, noAttributes        bool
	carried                       func(attributes []byte) []byte // the element [0] of the attributes
	unsigned                      func(value []byte) [][]byte
	tail                          []byte // behind the unsigned attributes
}

// scheme is how a message is signed.
type scheme struct {
	name      string
	hash      crypto.Hash // of the content
	algorithm []byte      // AlgorithmIdentifier of the signature
	options   crypto.SignerOpts
}

func oid(arcs ...int) []byte { return pkitest.OID(arcs...) }

func sha2OID(n int) []byte           { return oid(2, 16, 840, 1, 101, 3, 4, 2, n) }
func pkcs9OID(arcs ...int) []byte    { return oid(append([]int{1, 2, 840, 113549, 1, 9}, arcs...)...) }
func withECDSA(n int) []byte         { return tlv(0x30, oid(1, 2, 840, 10045, 4, 3, n)) }
func withRSA(n int) []byte           { return tlv(0x30, oid(1, 2, 840, 113549, 1, 1, n), null) }
func algorithmOf(kind []byte) []byte { return tlv(0x30, kind) }

var (
	null       = []byte{5, 0}
	derTSTInfo = pkcs9OID(16, 1, 4)
	derMD5     = oid(1, 2, 840, 113549, 2, 5)
	derSHA1    = oid(1, 3, 14, 3, 2, 26)
	derDigests = map[crypto.Hash][]byte{crypto.MD5: derMD5, crypto.SHA1: derSHA1, crypto.SHA224: sha2OID(4),
		crypto.SHA256: sha2OID(1),
		crypto.SHA384: sha2OID(2), crypto.SHA512: sha2OID(3)}

	kindContentType, kindMessageDigest  = pkcs9OID(3), pkcs9OID(4)
	kindSigningTime, kindProtection     = pkcs9OID(5), pkcs9OID(52)
	kindReference, kindReferenceV2      = pkcs9OID(16, 2, 12), pkcs9OID(16, 2, 47)
	kindTimestamp, kindContentTimestamp = pkcs9OID(16, 2, 14), pkcs9OID(16, 2, 20)
)

func integer(n *big.Int) []byte {
	contents := n.Bytes()
	if len(contents) == 0 || contents[0] >= 0x80 {
		contents = append([]byte{0}, contents...)
	}
	return tlv(2, contents)
}

// schemeOf is the usual scheme of a key; RSA keys have two.
func schemeOf(key crypto.Signer, pss bool) scheme {
	switch key.(type) {
	case *rsa.PrivateKey:
		if pss {
			parameters := tlv(0x30, tlv(0xa0, algorithmOf(sha2OID(1))),
				tlv(0xa1, tlv(0x30, oid(1, 2, 840, 113549, 1, 1, 8), algorithmOf(sha2OID(1)))),
				tlv(0xa2, []byte{2, 1, 32}))
			return scheme{"PSS", crypto.SHA256, tlv(0x30, oid(1, 2, 840, 113549, 1, 1, 10), parameters),
				&rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}}
		}
		return scheme{"RSA", crypto.SHA256, withRSA(11), crypto.SHA256}
	case ed25519.PrivateKey:
		return scheme{"Ed25519", crypto.SHA512, tlv(0x30, oid(1, 3, 101, 112)), crypto.Hash(0)}
	}
	return scheme{"ECDSA", crypto.SHA256, withECDSA(2), crypto.SHA256}
}

// newMessage makes a sound detached signature over a content.
func newMessage(by signer, content []byte) *message {
	m := &message{by: by, scheme: schemeOf(by.key, false), kind: derData, content: content, version: []byte{2, 1, 1},
		signerVersion: []byte{2, 1, 1}, carried: func(set []byte) []byte { return tlv(0xa0, set) }}
	for _, c := range by.chain[:len(by.chain)-1] {
		m.certificates = append(m.certificates, c.Raw)
	}
	m.signer = issuerAndSerial(by.chain[0])
	m.info = (*message).signerInfo
	m.others = func(_ *message, info []byte) [][]byte { return [][]byte{info} }
	m.unsigned = func([]byte) [][]byte { return nil }
	m.use(m.scheme)
	return m
}

// use changes the scheme, and digests the content with its hash.
func (m *message) use(s scheme) {
	m.scheme = s
	m.declared, m.digest = algorithmOf(derDigests[s.hash]), algorithmOf(derDigests[s.hash])
	m.attributes = [][]byte{
		signedAttribute(kindContentType, m.kind),
		signedAttribute(kindMessageDigest, tlv(4, digest(s.hash, m.content))),
		signedAttribute(kindReferenceV2, referenceTo(certID(crypto.SHA256, nil, m.by.chain[0]))),
	}
}

func issuerAndSerial(c *x509.Certificate) []byte {
	return tlv(0x30, c.RawIssuer, integer(c.SerialNumber))
}

func issuerSerial(c *x509.Certificate) []byte {
	return tlv(0x30, tlv(0x30, tlv(0xa4, c.RawIssuer)), integer(c.SerialNumber))
}

// certID is an ESSCertID or ESSCertIDv2; algorithm is nil for its DEFAULT.
func certID(hash crypto.Hash, algorithm []byte, c *x509.Certificate) []byte {
	return tlv(0x30, algorithm, tlv(4, digest(hash, c.Raw)), issuerSerial(c))
}

func referenceTo(certIDs ...[]byte) []byte { return tlv(0x30, tlv(0x30, certIDs...)) }

func (m *message) sign(data []byte) []byte {
	if hash := m.scheme.options.HashFunc(); hash != 0 {
		data = digest(hash, data)
	}
	value, err := m.by.key.Sign(rand.Reader, data, m.scheme.options)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return value
}

func (m *message) signerInfo(attributes []byte) []byte {
	signed, carried := tlv(0x31, attributes), m.carried(attributes)
	if m.noAttributes {
		signed, carried = m.content, nil
	}
	value := m.sign(signed)
	var unsigned []byte
	if all := m.unsigned(value); len(all) > 0 {
		unsigned = tlv(0xa1, all...)
	}
	return tlv(0x30, m.signerVersion, m.signer, m.digest, carried, m.scheme.algorithm, tlv(4, value), unsigned, m.tail)
}

func (m *message) bytes() []byte {
	all := slices.DeleteFunc(slices.Clone(m.attributes), func(a []byte) bool { return a == nil })
	if !m.unsorted {
		slices.SortFunc(all, bytes.Compare)
	}
	info := m.info(m, bytes.Join(all, nil))
	var certificates, inside []byte
	if m.certificates != nil {
		certificates = tlv(0xa0, m.certificates...)
	}
	if m.inside != nil {
		inside = tlv(0xa0, m.inside)
	}
	return tlv(0x30, oid(1, 2, 840, 113549, 1, 7, 2), tlv(0xa0, tlv(0x30, m.version, tlv(0x31, m.declared),
		tlv(0x30, m.kind, inside), certificates, m.crls, tlv(0x31, m.others(m, info)...))))
}

// tstInfo is a TSTInfo in parts.
type tstInfo struct {
	version, policy, imprint, serial, time, accuracy, ordering, nonce, tsa, extensions []byte
}

// newToken makes a sound timestamp token over data. The functions may change the TSTInfo and the
// message around it; either function may be nil.
func newToken(tsa signer, data []byte, info func(*tstInfo), change func(*message)) []byte {
	i := &tstInfo{version: []byte{2, 1, 1}, policy: oid(1, 2, 3, 4, 1), imprint: imprintOf(crypto.SHA256, data),
		serial: []byte{2, 2, 0x12, 0x34}, time: genTime(time.Now())}
	if info != nil {
		info(i)
	}
	content := tlv(0x30, i.version, i.policy, i.imprint, i.serial, i.time, i.accuracy, i.ordering, i.nonce, i.tsa,
		i.extensions)
	m := newMessage(tsa, content)
	m.version, m.kind, m.inside = []byte{2, 1, 3}, derTSTInfo, tlv(4, content)
	m.use(m.scheme)
	if change != nil {
		change(m)
	}
	return m.bytes()
}

func imprintOf(hash crypto.Hash, data []byte) []byte {
	return tlv(0x30, tlv(0x30, derDigests[hash], null), tlv(4, digest(hash, data)))
}

func genTime(at time.Time) []byte { return tlv(0x18, []byte(at.UTC().Format("20060102150405Z"))) }

// household is a PKI without services: an authority, a seal for each scheme, and a TSA.
type household struct {
	root *pkitest.Authority
	tsa  signer
	pki  *pkitest.Authority // that issued the seals
}

func newHousehold(t testing.TB) household {
	t.Helper()
	root, err := pkitest.NewRoot("Household Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := root.NewIntermediate("Household Issuer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	h := household{root: root, pki: issuer}
	h.tsa = h.newTSA(t, nil)
	return h
}

// newSeal makes a seal with a key of an algorithm, which may be "Ed25519".
func (h household) newSeal(t testing.TB, algorithm pkitest.Algorithm, change func(*x509.Certificate)) signer {
	t.Helper()
	template := pkitest.SigningTemplate("Household Seal", time.Now())
	template.SubjectKeyId = []byte("household seal")
	if change != nil {
		change(template)
	}
	key := newKey(t, algorithm)
	chain, err := h.pki.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return signer{chain, key}
}

func newKey(t testing.TB, algorithm pkitest.Algorithm) crypto.Signer {
	t.Helper()
	if algorithm == "Ed25519" {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	key, err := pkitest.NewKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// purposes is the extKeyUsage of a TSA with further purposes.
func purposes(critical bool, more ...[]byte) pkix.Extension {
	value := append([][]byte{oid(1, 3, 6, 1, 5, 5, 7, 3, 8)}, more...)
	return pkix.Extension{Id: []int{2, 5, 29, 37}, Critical: critical, Value: tlv(0x30, value...)}
}

func (h household) newTSA(t testing.TB, change func(*x509.Certificate)) signer {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Household TSA"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		SubjectKeyId: []byte("household TSA"), ExtraExtensions: []pkix.Extension{purposes(true)},
	}
	if change != nil {
		change(template)
	}
	key := newKey(t, pkitest.P256)
	chain, err := h.root.Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return signer{chain, key}
}

func (h household) trust() pades.Trust {
	return pades.Trust{Anchors: h.root.Chain, Time: time.Now()}
}

// Timestamp and TokenSize implement pades.Timestamper.
func (h household) Timestamp(_ context.Context, hash crypto.Hash, sum []byte) (*cms.Timestamp, error) {
	return cms.ParseTimestamp(newToken(h.tsa, nil, func(i *tstInfo) {
		i.imprint = tlv(0x30, tlv(0x30, derDigests[hash], null), tlv(4, sum))
	}, nil))
}

func (h household) TokenSize() int { return 4000 }
