package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// sealed returns a document with a signature at B-B by a new signer, and the answer's header.
func sealed(t *testing.T) (w *witness, header http.Header, sent, got []byte) {
	t.Helper()
	root, err := pkitest.NewRoot("Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := root.NewIntermediate("Issuer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := issuer.Issue(pkitest.SigningTemplate("Seal", time.Now()), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	sent = pdftest.Sample(0)
	// without the root, because the witness has it already
	increment, err := sign.Sign(t.Context(), bytes.NewReader(sent), chain[:2], key, pades.Options{Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(chain[0].Raw)
	header = http.Header{}
	for name, value := range map[string]string{"Content-Type": "application/pdf", "Influxion-Level": "B-B",
		"Cache-Control": "no-store", "Influxion-Certificate": "seal", "Influxion-Certificate-Version": "1",
		"Influxion-Certificate-Fingerprint": hex.EncodeToString(sum[:]), "Influxion-Invocation-Id": "1"} {
		header.Set(name, value)
	}
	return &witness{root: root.Chain[0]}, header, sent, append(bytes.Clone(sent), increment.Bytes...)
}

// The witness accepts a correct document, and no document in which a byte differs.
func TestWitness(t *testing.T) {
	t.Parallel()
	w, header, sent, got := sealed(t)
	if err := w.document(header, sent, got, "B-B"); err != nil {
		t.Fatalf("got %v, want a good document accepted", err)
	}
	begin := bytes.LastIndex(got, []byte("/Contents")) + len("/Contents")
	end := begin + bytes.IndexByte(got[begin:], '>')
	missed := 0
	for at := 0; at < len(got); at += 3 {
		changed := bytes.Clone(got)
		if changed[at] ^= 1; at > begin && at < end && strings.IndexByte("0123456789abcdef", changed[at]) < 0 {
			continue
		}
		if w.document(header, sent, changed, "B-B") == nil {
			if missed++; at <= begin || at >= end {
				t.Errorf("byte %d of %d changed, and it was not noticed", at, len(got))
			}
		}
	}
	// bytes in the CMS that no check depends on: versions and the list of digest algorithms
	if missed > 30 {
		t.Errorf("got %d changes missed in the CMS, want few", missed)
	}
	for _, level := range []string{"B-T", "B-LT", "B-LTA", ""} {
		header.Set("Influxion-Level", level)
		if w.document(header, sent, got, level) == nil {
			t.Errorf("got a document at B-B accepted for %q", level)
		}
	}
}

// The witness accepts no other root, no other document, and no answer without its header fields.
func TestWitnessOfOthers(t *testing.T) {
	t.Parallel()
	w, header, sent, got := sealed(t)
	other, _, _, _ := sealed(t)
	if other.document(header, sent, got, "B-B") == nil {
		t.Error("got a chain to another root accepted")
	}
	if w.document(header, append([]byte("%"), sent...), got, "B-B") == nil {
		t.Error("got the answer to another document accepted")
	}
	for name := range header {
		without := header.Clone()
		without.Del(name)
		if w.document(without, sent, got, "B-B") == nil {
			t.Errorf("got an answer without %s accepted", name)
		}
	}
}

// A fault explains a code only while it lasts or is still remembered.
func TestEventsExplain(t *testing.T) {
	t.Parallel()
	e := new(events)
	began := time.Now()
	if e.explain("vault_unavailable", began) || e.killed(began) {
		t.Error("got an explanation where nothing happened")
	}
	over := e.begin(event{name: "vault: down", explains: ofVault})
	restarted := e.begin(event{name: killed})
	if !e.killed(began.Add(time.Hour)) {
		t.Error("got an answer unexplained while there is no handler")
	}
	restarted()
	for _, test := range []struct {
		code  string
		since time.Time
		want  bool
	}{
		{"vault_unavailable", began, true}, {"vault_unavailable", began.Add(time.Hour), true},
		{"internal", began, false}, {"audit_unavailable", began, false},
	} {
		if got := e.explain(test.code, test.since); got != test.want {
			t.Errorf("%s: got it explained: %v, want %v", test.code, got, test.want)
		}
	}
	over()
	if e.explain("vault_unavailable", time.Now().Add(2*remembered)) || e.killed(began.Add(time.Hour)) ||
		!e.killed(began) {
		t.Error("got an explanation by what is long over, or none by what is not")
	}
}

// An answer needs its form, and each problem needs a fault that explains it.
func TestUnexplained(t *testing.T) {
	t.Parallel()
	const body = `{"code":"busy","instance":"urn:uuid:9182fe2a-9e03-44a3-8247-3fad7cb0bc66"}`
	good := func() answer {
		return answer{status: 503, code: "busy", body: []byte(body), header: http.Header{
			"Content-Type": {"application/problem+json"}, "Influxion-Invocation-Id": {"1"}, "Retry-After": {"4"}}}
	}
	s := storm{events: new(events), cloud: &cloudtest.Cloud{Directory: cloudtest.Directory{TenantID: "tenant-1"}}}
	for name, test := range map[string]struct {
		kind   string
		change func(a *answer)
		fine   bool
	}{
		"busy":           {"sign", func(*answer) {}, true},
		"health is busy": {"health", func(*answer) {}, false},
		"no Retry-After": {"sign", func(a *answer) { a.header.Del("Retry-After") }, false},
		"too often":      {"sign", func(a *answer) { a.status = 429; a.header.Set("Retry-After", "soon") }, false},
		"no instance":    {"sign", func(a *answer) { a.body = []byte(`{"code":"busy"}`) }, false},
		"another type":   {"sign", func(a *answer) { a.header.Set("Content-Type", "text/html") }, false},
		"internal":       {"sign", func(a *answer) { a.status, a.code = 500, "internal" }, false},
		"of the host":    {"sign", func(a *answer) { a.status, a.code = 502, "" }, false},
		"no fault":       {"sign", func(a *answer) { a.code = "vault_unavailable" }, false},
		"no challenge":   {"anonymous", func(a *answer) { a.status, a.code = 401, "token_missing" }, false},
		"a vault's name": {"sign", func(a *answer) { a.body = []byte(body + "x.vault.azure.net") }, false},
	} {
		a := good()
		test.change(&a)
		if got := s.unexplained(test.kind, a, time.Now(), nil); (got == "") != test.fine {
			t.Errorf("%s: got %q, want it fine: %v", name, got, test.fine)
		}
	}
}
