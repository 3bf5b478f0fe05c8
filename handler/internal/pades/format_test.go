package pades_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// formed makes a document with a signature of some format by hand. make gives /Contents for the
// covered bytes. The signature claims the present time, unless the entries have an /M.
func formed(subFilter, entries string, make func(content []byte) []byte) []byte {
	return formedBehind("", subFilter, entries, make)
}

// formedBehind is formed for a document with a text before its header.
func formedBehind(before, subFilter, entries string, make func(content []byte) []byte) []byte {
	const hole = "[0 0000000000 0000000000 0000000000]"
	contents := "<" + strings.Repeat("0", 12000) + ">"
	if !strings.Contains(entries, "/M ") {
		entries = claimedNow() + " " + entries
	}
	document := pdftest.File{Objects: append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >>"),
		"<< /FT /Sig /T (Signature1) /V 5 0 R >>", fmt.Sprintf(
			"<< /Type /Sig /SubFilter /%s /ByteRange %s /Contents %s %s >>",
			subFilter, hole, contents, entries))}.Bytes()
	document = append([]byte(before), document...)
	start := bytes.Index(document, []byte(contents))
	end := start + len(contents)
	copy(document[bytes.Index(document, []byte(hole)):],
		fmt.Sprintf("[0 %010d %010d %010d]", start, end, len(document)-end))
	copy(document[start+1:], hex.EncodeToString(make(slices.Concat(document[:start], document[end:]))))
	return document
}

var (
	tlv     = pkitest.TLV
	derSHA2 = tlv(0x30, pkitest.OID(2, 16, 840, 1, 101, 3, 4, 2, 1))
	derData = pkitest.OID(1, 2, 840, 113549, 1, 7, 1)
)

// signedData makes a SignedData over a content, encapsulated or detached, with or without signed
// attributes, which keep the given order.
func (s signer) signedData(t *testing.T, inside []byte, signed []byte, attributes ...[]byte) []byte {
	t.Helper()
	carried := []byte{}
	if attributes != nil {
		carried, signed = tlv(0xa0, attributes...), tlv(0x31, attributes...)
	}
	sum := sha256.Sum256(signed)
	value, err := s.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var certificates [][]byte
	for _, c := range s.chain {
		certificates = append(certificates, c.Raw)
	}
	leaf := s.chain[0]
	algorithm := tlv(0x30, pkitest.OID(1, 2, 840, 113549, 1, 1, 11), []byte{5, 0})
	if _, ok := s.key.(*rsa.PrivateKey); !ok {
		algorithm = tlv(0x30, pkitest.OID(1, 2, 840, 10045, 4, 3, 2))
	}
	serial := leaf.SerialNumber.Bytes()
	if serial[0] >= 0x80 {
		serial = append([]byte{0}, serial...)
	}
	signerInfo := tlv(0x30, []byte{2, 1, 1}, tlv(0x30, leaf.RawIssuer, tlv(2, serial)), derSHA2, carried, algorithm,
		tlv(4, value))
	return tlv(0x30, pkitest.OID(1, 2, 840, 113549, 1, 7, 2), tlv(0xa0, tlv(0x30, []byte{2, 1, 1}, tlv(0x31, derSHA2),
		tlv(0x30, derData, inside), tlv(0xa0, certificates...), tlv(0x31, signerInfo))))
}

func signedAttribute(kind, value []byte) []byte { return tlv(0x30, kind, tlv(0x31, value)) }

// attributes are content-type and message-digest.
func attributes(content []byte) [][]byte {
	sum := sha256.Sum256(content)
	return [][]byte{
		signedAttribute(pkitest.OID(1, 2, 840, 113549, 1, 9, 3), derData),
		signedAttribute(pkitest.OID(1, 2, 840, 113549, 1, 9, 4), tlv(4, sum[:])),
	}
}

// Signatures of the older formats, and in the less common forms of RFC 5652, are evaluated. The
// report remarks on deviations and names algorithms that are too weak today. None of the signatures
// passes for other content.
func TestFormats(t *testing.T) {
	t.Parallel()
	chain, key := newSigner(t, pkitest.RSA2048)
	s := signer{chain, key}
	inside := func(content []byte) []byte {
		sum := sha1.Sum(content)
		return tlv(0xa0, tlv(4, sum[:]))
	}
	cert := fmt.Sprintf("/Cert [<%x> <%x>]", chain[0].Raw, chain[1].Raw)
	value := func(hash crypto.Hash) func([]byte) []byte {
		return func(content []byte) []byte {
			h := hash.New()
			h.Write(content)
			signature, err := key.Sign(rand.Reader, h.Sum(nil), hash)
			if err != nil {
				t.Fatal(err)
			}
			return tlv(4, signature)
		}
	}
	detached := func(content []byte) []byte { return s.signedData(t, nil, nil, attributes(content)...) }
	for _, test := range []struct {
		name, format, entries string
		make                  func(content []byte) []byte
		want                  string // indication, its reason, integrity
		remark                string
	}{
		{"detached", "adbe.pkcs7.detached", "", detached, "TOTAL-PASSED intact", ""},
		{"detached, attributes in no order", "adbe.pkcs7.detached", "", func(content []byte) []byte {
			all := attributes(content)
			slices.Reverse(all)
			return s.signedData(t, nil, nil, all...)
		}, "TOTAL-PASSED intact", "DER"},
		{"detached, no attributes", "adbe.pkcs7.detached", "",
			func(content []byte) []byte { return s.signedData(t, nil, content) },
			"TOTAL-PASSED intact", "over the content itself"},
		{"no attributes under the name of PAdES", "ETSI.CAdES.detached", "",
			func(content []byte) []byte { return s.signedData(t, nil, content) },
			"INDETERMINATE SIG_CONSTRAINTS_FAILURE intact", "over the content itself"},
		{"bytes behind", "adbe.pkcs7.detached", "",
			func(content []byte) []byte { return append(detached(content), "more"...) },
			"TOTAL-PASSED intact", "follow the signature"},
		{"SHA-1 inside", "adbe.pkcs7.sha1", "", func(content []byte) []byte {
			sum := sha1.Sum(content)
			return s.signedData(t, inside(content), nil, attributes(sum[:])...)
		}, "INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE_NO_POE intact", ""},
		{"another SHA-1 inside", "adbe.pkcs7.sha1", "", func(content []byte) []byte {
			sum := sha1.Sum(nil)
			return s.signedData(t, inside(nil), nil, attributes(sum[:])...)
		}, "TOTAL-FAILED HASH_FAILURE broken", ""},
		{"PKCS #1 by SHA-1", "adbe.x509.rsa_sha1", cert, value(crypto.SHA1),
			"INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE_NO_POE intact", "over the content itself"},
		{"PKCS #1 by SHA-256", "adbe.x509.rsa_sha1", cert, value(crypto.SHA256), "TOTAL-PASSED intact",
			"over the content itself"},
		{"PKCS #1, one certificate", "adbe.x509.rsa_sha1", fmt.Sprintf("/Cert <%x>", chain[0].Raw),
			value(crypto.SHA256),
			"INDETERMINATE NO_CERTIFICATE_CHAIN_FOUND intact", "over the content itself"},
		{"PKCS #1 over other content", "adbe.x509.rsa_sha1", cert,
			func([]byte) []byte { return value(crypto.SHA256)([]byte("other")) },
			"TOTAL-FAILED SIG_CRYPTO_FAILURE broken", "over the content itself"},
		{"PKCS #1 without certificates", "adbe.x509.rsa_sha1", "", value(crypto.SHA256),
			"INDETERMINATE NO_SIGNING_CERTIFICATE_FOUND not_evaluated", ""},
		{"PKCS #1 with a certificate that is none", "adbe.x509.rsa_sha1", "/Cert 7", value(crypto.SHA256),
			"TOTAL-FAILED FORMAT_FAILURE broken", ""},
		{"a format that is not known", "adbe.other", "", detached,
			"INDETERMINATE SIG_CONSTRAINTS_FAILURE not_evaluated", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := verified(t, formed(test.format, test.entries, test.make), s.trust())[0]
			words := strings.Join(strings.Fields(fmt.Sprintln(got.Indication, got.SubIndication, got.Integrity)), " ")
			if words != test.want {
				t.Errorf("got %s (%s), want %s", words, got.Detail, test.want)
			}
			if remarks := strings.Join(got.Remarks, "; "); (remarks == "") != (test.remark == "") ||
				!strings.Contains(remarks, test.remark) {
				t.Errorf("got the remarks %q, want %q", remarks, test.remark)
			}
			if got.Level != "" {
				t.Errorf("got the level %s, want none", got.Level)
			}
		})
	}
}

// The claimed time is that of /M. If /M has no time, it is that of the signing-time attribute. A
// signature that claims no time does not pass.
func TestClaimedTimes(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	stated := time.Now().UTC().Add(-10 * time.Minute).Truncate(time.Second)
	signed := stated.Add(time.Minute)
	dated := stated.Format("/M (D:20060102150405Z)")
	for _, test := range []struct {
		entry     string
		attribute bool
		want      time.Time
	}{
		{dated, false, stated}, {dated, true, stated}, {stated.Format("/M (2006-01-02T15:04:05Z)"), true, stated},
		{stated.In(time.FixedZone("", 3600)).Format("/M (2006-01-02T15:04:05Z07:00)"), false, stated},
		{"/M null", true, signed}, {"/M ()", true, signed}, {"/M (noon)", true, signed}, {"/M 5", true, signed},
		{"/M null", false, time.Time{}}, {"/M ()", false, time.Time{}},
	} {
		document := formed("adbe.pkcs7.detached", test.entry, func(content []byte) []byte {
			all := attributes(content)
			if test.attribute {
				all = append(all, signedAttribute(kindSigningTime, tlv(0x17, []byte(signed.Format("060102150405Z")))))
			}
			return s.signedData(t, nil, nil, all...)
		})
		got := verified(t, document, s.trust())[0]
		if got.ClaimedTime != test.want || (got.Indication == pades.TotalPassed) == test.want.IsZero() {
			t.Errorf("%s, with an attribute: %v: got %s (%s) and %v, want %v", test.entry, test.attribute,
				got.Indication, got.Detail, got.ClaimedTime, test.want)
		}
	}
}

// A signature without signed attributes does not verify for a document that begins like signed
// attributes.
func TestContentThatCouldBeAttributes(t *testing.T) {
	t.Parallel()
	s := ecdsaSigner(t)
	for before, want := range map[string]pades.Integrity{"2\n": pades.IntegrityIntact,
		"1\n": pades.IntegrityNotEvaluated} {
		document := formedBehind(before, "adbe.pkcs7.detached", "",
			func(content []byte) []byte { return s.signedData(t, nil, content) })
		if got := verified(t, document, s.trust())[0]; got.Integrity != want {
			t.Errorf("behind %q: got %+v, want it %s", before, got, want)
		}
	}
}

// Whatever crypto/x509 refuses in the signer's certificate, the signature is intact, and the report
// names the signer and does not trust it.
func TestSignersThatAreRefused(t *testing.T) {
	t.Parallel()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	for _, odd := range pkitest.Oddities() {
		if strings.HasPrefix(odd.Name, "serial number") || odd.Name == "negative serial number" ||
			odd.Name == "long length" {
			continue // tested in package cms: the helper here writes serial numbers correctly
		}
		t.Run(odd.Name, func(t *testing.T) {
			t.Parallel()
			der, err := root.IssueParts(pkitest.SigningTemplate("Odd Seal", time.Now()), key.Public(), odd.Alter)
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := certificate.Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			s := signer{append(slices.Clone(root.Chain[:0]), leaf, root.Root()), key}
			document := formed("adbe.pkcs7.detached", "",
				func(content []byte) []byte { return s.signedData(t, nil, nil, attributes(content)...) })
			got := verified(t, document, s.trust())[0]
			if got.Indication != pades.Indeterminate || got.SubIndication != pades.ChainGeneralFailure ||
				got.Integrity != pades.IntegrityIntact ||
				got.Trust != pades.SignerIndeterminate ||
				!strings.Contains(got.TrustDetail, certificate.Refusal(leaf)) {
				t.Errorf("got %+v, want it intact and its signer refused for %q", got, certificate.Refusal(leaf))
			}
			if got.Signer == nil || !strings.Contains(got.Signer.Subject, "CN=Odd Seal") {
				t.Errorf("got the signer %+v, want it named", got.Signer)
			}
			document[bytes.Index(document, []byte("/MediaBox ["))+len("/MediaBox [")] = '1'
			if got := verified(t, document, s.trust())[0]; got.Integrity != pades.IntegrityBroken {
				t.Errorf("got %+v for a document that was changed, want it broken", got)
			}
		})
	}
}

// A signature with a leaf that crypto/x509 refuses passes if that leaf is the anchor, as in the
// check of one's own output. For other anchors it is intact.
func TestSigningWithALeafThatIsRefused(t *testing.T) {
	t.Parallel()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	for _, odd := range pkitest.Oddities() {
		if odd.NoDates { // the certificate has no validity that could include the claimed time
			continue
		}
		t.Run(odd.Name, func(t *testing.T) {
			t.Parallel()
			der, err := root.IssueParts(pkitest.SigningTemplate("Odd Seal", time.Now()), key.Public(), odd.Alter)
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := certificate.Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			s := signer{[]*x509.Certificate{leaf, root.Root()}, key}
			document := s.sign(t, pdftest.Sample(0), pades.Options{})
			if odd.Name != "extension nested deep" { // with it, no key usage that allows signing can be read
				own := verified(t, document, pades.Trust{Anchors: s.chain[:1], Time: time.Now()})[0]
				if own.Indication != pades.TotalPassed || own.Level != pades.LevelBB {
					t.Errorf("got %s %s (%s), want it to pass at B-B where the leaf is the anchor", own.Indication,
						own.Level, own.Detail)
				}
			}
			others := verified(t, document, s.trust())[0]
			if others.Indication != pades.Indeterminate || others.Integrity != pades.IntegrityIntact {
				t.Errorf("got %s and %s for others, want it intact and undecided", others.Indication, others.Integrity)
			}
		})
	}
}
