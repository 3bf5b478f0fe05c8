package revocation_test

import (
	"bytes"
	"crypto"
	"reflect"
	"slices"
	"testing"

	"influxion/handler/internal/pades/revocation"
)

// FuzzParseResponse: accepted input stays within its bounds, reads the same way again, and is
// evidence only about signed data.
func FuzzParseResponse(f *testing.F) {
	p := newPKI(f)
	revoked := with(newAnswer(f, p), func(a *answer) {
		w := newSingle(f, p)
		w.status, w.nextUpdate = revokedSince(today, 1), nil
		w.extensions = tlv(0xa1, sequence(extension(false, generalized(today), 1, 3, 6, 1, 5, 5, 7, 48, 1, 6)))
		a.singles, a.extensions = append(a.singles, w.build()), tlv(0xa1, manyExtensions(2))
	})
	pss := with(newAnswer(f, p), func(a *answer) {
		a.algorithm = pssName(digestNames[crypto.SHA256], digestNames[crypto.SHA256], tlv(0xa2, tlv(2, []byte{32})))
	})
	var signed [][]byte
	for _, a := range []*answer{newAnswer(f, p), newAnswer(f, p).by(f, p.responder), revoked, pss} {
		f.Add(a.build(f))
		signed = append(signed, a.data)
	}
	f.Add(sequence(tlv(0x0a, []byte{3})))
	if len(signed) == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		r, err := revocation.ParseResponse(der)
		if err != nil {
			if r != nil || kindOf(err) == "" {
				t.Fatalf("got %v, %T, want nil and a fault", r, err)
			}
			return
		}
		if len(r.Certificates) > 16 || len(der) > revocation.MaxResponse || !bytes.Equal(r.Raw, der) {
			t.Errorf("got more than the bounds allow")
		}
		again, err := revocation.ParseResponse(bytes.Clone(der))
		if err != nil || !again.ProducedAt.Equal(r.ProducedAt) ||
			!reflect.DeepEqual(again.Certificates, r.Certificates) {
			t.Errorf("got another reading of the same bytes, %v", err)
		}
		e, err := r.About(p.leaf, p.issuer.certificate)
		checkSigned(t, der, e, err, signed)
	})
}

// FuzzParseList checks the same as FuzzParseResponse, for CRLs.
func FuzzParseList(f *testing.F) {
	p := newPKI(f)
	revoked, scoped, first, indirect := newCRL(p), newCRL(p), newCRL(p), newCRL(p).scoped(tlv(0x84, []byte{0xff}))
	indirect.entries = [][]byte{entry(integer(f, p.leaf), today,
		certificateIssuer(directory(p.authority.Root().RawSubject))), entry(tlv(2, []byte{1}), today)}
	revoked.entries = [][]byte{
		entry(integer(f, p.leaf), today, reason(false, 1)), entry(tlv(2, []byte{1}), today),
		entry(tlv(2, []byte{1}), today),
	}
	scoped.scoped(tlv(0xa0, tlv(0xa0, tlv(0x86, []byte("http://example.org")))), tlv(0x81, []byte{0xff}))
	first.version, first.extensions = nil, nil
	var signed [][]byte
	for _, c := range []*crl{newCRL(p), revoked, scoped, first, indirect} {
		f.Add(c.build(f))
		signed = append(signed, c.data)
	}
	if len(signed) == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		l, err := revocation.ParseList(der)
		if err != nil {
			if l != nil || kindOf(err) == "" {
				t.Fatalf("got %v, %T, want nil and a fault", l, err)
			}
			return
		}
		if !bytes.Equal(l.Raw, der) || !bytes.Contains(der, l.Issuer) ||
			!l.NextUpdate.IsZero() && l.NextUpdate.Before(l.ThisUpdate) {
			t.Errorf("got a list that is not its input")
		}
		e, err := l.About(p.leaf, p.issuer.certificate)
		checkSigned(t, der, e, err, signed)
	})
}

// checkSigned checks that there is either an error, or evidence that contains signed data.
func checkSigned(t *testing.T, der []byte, e *revocation.Evidence, err error, signed [][]byte) {
	t.Helper()
	if err != nil {
		if e != nil || kindOf(err) == "" {
			t.Fatalf("got %v, %T, want nil and a fault", e, err)
		}
		return
	}
	if !slices.ContainsFunc(signed, func(data []byte) bool { return bytes.Contains(der, data) }) {
		t.Errorf("got %v from bytes that nobody signed", e)
	}
}
