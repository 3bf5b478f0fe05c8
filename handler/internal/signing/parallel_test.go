package signing_test

import (
	"context"
	"crypto"
	"io"
	"testing"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

// panicking is a key and a source that panic.
type panicking struct{ crypto.Signer }

func (panicking) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { panic("met") }

func (panicking) Certificate(context.Context, string, string) (*signing.Certificate, error) {
	panic("met")
}

func (panicking) Names(context.Context) ([]string, error) { return []string{"seal", "spare"}, nil }

// A panic of a key or a source reaches the goroutine of the request, which recovers it. In another
// goroutine it would end the program and all other requests.
func TestPanicsReachTheCaller(t *testing.T) {
	t.Parallel()
	certificate := newCertificate(t, "seal", pkitest.P256)
	certificate.Key = panicking{certificate.Key}
	keys := newHashSigner(&fakeSource{certificates: map[string]*signing.Certificate{"seal": certificate}})
	caller := hashCaller("hash.seal")
	for name, call := range map[string]func(){
		"of a key": func() {
			_, _ = keys.Sign(t.Context(), caller, signing.HashRequest{Certificate: "seal",
				Scheme: ecdsaBy(algorithm.SHA256), Hashes: [][]byte{make([]byte, 32)}}, &signing.Record{})
		},
		"of a source": func() {
			_, _ = (&signing.Directory{Source: panicking{}}).List(t.Context(), caller)
		},
		"of a source of keys for hashes": func() {
			_, _ = newHashSigner(panicking{}).List(t.Context(), caller)
		},
	} {
		met := func() (met any) {
			defer func() { met = recover() }()
			call()
			return nil
		}()
		if met != "met" {
			t.Errorf("got %v of a panic %s, want it here", met, name)
		}
	}
}
