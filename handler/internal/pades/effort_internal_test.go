package pades

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net/http"
	"testing"
	"time"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// dear are certificates of one name with a key that is dear to check with.
func dear(t *testing.T, name []byte, count int) []*x509.Certificate {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.P521)
	if err != nil {
		t.Fatal(err)
	}
	var all []*x509.Certificate
	for i := range count {
		all = append(all, &x509.Certificate{Raw: []byte{byte(i), byte(i >> 8)}, RawSubject: name, RawIssuer: name, PublicKey: key.Public()})
	}
	return all
}

func TestEffort(t *testing.T) {
	t.Parallel()
	key := func(bits uint, e int) *rsa.PublicKey {
		return &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: e}
	}
	for _, test := range []struct {
		key  any
		want int
	}{
		{key(2048, 65537), 1}, {key(4096, 65537), 5}, {key(8192, 65537), 21}, {key(8192, 1<<31-1), 85},
		{&ecdsa.PublicKey{Curve: elliptic.P256()}, 2}, {&ecdsa.PublicKey{Curve: elliptic.P384()}, 16}, {&ecdsa.PublicKey{Curve: elliptic.P521()}, 40},
	} {
		if got := effort(&x509.Certificate{PublicKey: test.key}); got != test.want {
			t.Errorf("got %d, want %d", got, test.want)
		}
	}
}

// What namesakes of an issuer cost is bounded for all signers together, and counted as crypto/x509 would come to it.
func TestSearchesAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	root, err := pkitest.NewRoot("Root", now)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	for count, most := range map[int]int{0: maxSigners, 1: maxSigners, 9: maxSigners - 1, maxChecks: maxEffort / maxChecks / 40} {
		e := &examination{trust: Trust{Anchors: root.Chain, Time: now}, store: newStore(Trust{}), built: map[[sha256.Size]byte]built{}, shown: map[*x509.Certificate]*Certificate{}}
		for _, one := range dear(t, root.Chain[0].RawSubject, count) {
			e.store.addCertificate(one, span{})
		}
		found := 0
		for range maxSigners {
			chain, err := root.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
			if err != nil {
				t.Fatal(err)
			}
			asked := search{anchors: newTimeless(), issuers: e.store.issuers}
			if worst := asked.from(chain[0]); worst > maxChecks*40 {
				t.Errorf("got an effort of %d for one, want at most %d", worst, maxChecks*40)
			}
			judged, err := e.validateChain(t.Context(), question{signer: chain[0], at: now, fresh: now})
			if err != nil {
				t.Fatal(err)
			}
			if judged.fault == nil {
				found++
			}
		}
		if found > most || count <= 1 && found < most {
			t.Errorf("%d namesakes: got chains for %d signers, want %d", count, found, most)
		}
	}
}

// So is what is done to find the issuers of an extension.
func TestIssuerChecksAreBounded(t *testing.T) {
	t.Parallel()
	all := dear(t, []byte("name"), maxHeld)
	c := newCollector(Services{}, time.Now())
	c.know(all...)
	var fault *Error
	for i := 0; i < maxHeld && fault == nil; i++ {
		_, err := c.issuerAmong(c.known, all[i])
		fault, _ = errors.AsType[*Error](err)
	}
	if fault == nil || fault.Code != CodeTooComplex || c.effort > maxEffort+40 {
		t.Errorf("got %v after an effort of %d, want %s", fault, c.effort, CodeTooComplex)
	}
	if _, err := c.selfSigned(all[0]); err == nil {
		t.Error("got another check, want none")
	}
}

// And what checking the signatures themselves costs.
func TestSignatureChecksAreBounded(t *testing.T) {
	t.Parallel()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := root.Issue(pkitest.SigningTemplate("Seal", time.Now()), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	document := pdftest.Sample(0)
	increment, err := Sign(t.Context(), bytes.NewReader(document), chain, key, Options{Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	document = append(document, increment.Bytes...)
	for spent, want := range map[int]SubIndication{0: "", maxEffort - 1: CryptoConstraintsFailure} {
		e, err := examine(t.Context(), bytes.NewReader(document), Trust{Anchors: root.Chain, Time: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		e.effort = spent
		found, err := e.judge(t.Context(), e.signatures)
		if err != nil || found[0].SubIndication != want {
			t.Errorf("after %d: got %v %v, want %q", spent, found, err, want)
		}
	}
}

// Timestamp tokens count as signatures do.
func TestTimestampChecksAreBounded(t *testing.T) {
	t.Parallel()
	services, err := trusttest.New(trusttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { services.Close() })
	imprint := sha256.Sum256([]byte("signature"))
	request := cms.TimestampRequest{Hash: crypto.SHA256, Imprint: imprint[:]}
	query, err := request.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(services.TSAURL(), "application/timestamp-query", bytes.NewReader(query))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	token, err := request.ParseResponse(answer)
	if err != nil {
		t.Fatal(err)
	}
	for spent, refused := range map[int]bool{0: false, maxEffort: true} {
		e, s := &examination{effort: spent}, &stamp{token: token}
		if err := e.hold(t.Context(), s, imprint[:]); err != nil || (s.fault != nil) != refused {
			t.Errorf("after %d: got %v %v, want it refused: %v", spent, s.fault, err, refused)
		}
	}
}
