package cms_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"slices"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// A Reader finds what Parse and ParseTimestamp find. It returns one certificate for all equal ones.
func TestReader(t *testing.T) {
	t.Parallel()
	var r cms.Reader
	p := newParty(t, pkitest.P256)
	for range 2 {
		digest := digestOf(crypto.SHA256, content)
		der, err := cms.Sign(cms.Request{Chain: p.chain, Key: p.key, Digest: crypto.SHA256, MessageDigest: digest})
		if err != nil {
			t.Fatal(err)
		}
		alone, err := cms.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		first, err := r.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		again, err := r.Parse(bytes.Clone(der))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := meaning(t, again), meaning(t, alone); got != want || again.Verify(digest) != nil {
			t.Errorf("got %s, want %s", got, want)
		}
		if !slices.Equal(first.Certificates, again.Certificates) || len(again.Certificates) != len(p.chain) {
			t.Errorf("got other certificates the second time")
		}
		if again.Certificates[0] == alone.Certificates[0] {
			t.Errorf("got the certificate of another reader")
		}
	}
	informed := cms.Reader{Known: p.chain}
	der, err := cms.Sign(cms.Request{Chain: p.chain, Key: p.key, Digest: crypto.SHA256,
		MessageDigest: digestOf(crypto.SHA256, content)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := informed.Parse(der); err != nil || !sameSet(got.Certificates, p.chain) {
		t.Errorf("got %v, want the certificates that are known", err)
	}
	token := newToken(t, pkitest.P256).build(t)
	for _, read := range []func([]byte) (*cms.Timestamp, error){cms.ParseTimestamp, r.ParseTimestamp} {
		if got, err := read(token); err != nil || got.Verify(got.Imprint) != nil || len(got.Certificates) == 0 {
			t.Errorf("got %v, want a token that holds", err)
		}
	}
	if _, err := r.Parse(token); err == nil {
		t.Error("got no error for a token where a signature should be")
	}
}

// sameSet reports whether two lists hold the very same certificates, in any order.
func sameSet(a, b []*x509.Certificate) bool {
	for _, c := range a {
		if !slices.Contains(b, c) {
			return false
		}
	}
	return len(a) == len(b)
}
