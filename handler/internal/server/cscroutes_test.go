package server_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/clocktest"
	"influxion/handler/internal/server"
	"influxion/handler/internal/server/rate"
	"influxion/handler/internal/signing"
)

// ask calls a method of the Cloud Signature Consortium's API.
func ask(t testing.TB, handler http.Handler, path string, body any) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, cscBody(t, path, body))
	return recorder
}

func cscBody(t testing.TB, path string, body any) *http.Request {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := documentRequest(path, bytes.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// members are the members of a JSON object.
type members = map[string]any

// testHashes are SHA-256 digests, in base64.
func testHashes(n int) []string {
	hashes := make([]string, n)
	for i := range hashes {
		sum := sha256.Sum256([]byte(fmt.Sprint("canary-document ", i)))
		hashes[i] = base64.StdEncoding.EncodeToString(sum[:])
	}
	return hashes
}

// authorize gets an SAD.
func authorize(t testing.TB, handler http.Handler, hashes []string) string {
	t.Helper()
	got := ask(t, handler, "/api/csc/v1/credentials/authorize",
		members{"credentialID": "seal", "numSignatures": len(hashes), "hash": hashes})
	sad := memberOf(got.Body.Bytes(), "SAD")
	if got.Code != http.StatusOK || sad == "" {
		t.Fatalf("got %d %s, want an SAD", got.Code, got.Body)
	}
	return sad
}

// cscRequest is a request that reaches the vault on its route.
func cscRequest(t *testing.T, handler http.Handler, path string) *http.Request {
	t.Helper()
	path = strings.Replace(path, "{version}", "v1", 1)
	hashes := testHashes(1)
	body := members{"credentialID": "seal"}
	switch {
	case strings.HasSuffix(path, "/authorize"):
		body["hash"] = hashes
	case strings.HasSuffix(path, "/signHash"):
		body = signHash(authorize(t, handler, hashes), hashes)
	case strings.HasSuffix(path, "/timestamp"):
		body = members{"hash": hashes[0], "hashAlgo": "2.16.840.1.101.3.4.2.1"}
	}
	return cscBody(t, path, body)
}

func signHash(sad string, hashes []string) members {
	return members{"credentialID": "seal", "SAD": sad, "hash": hashes, "hashAlgo": "2.16.840.1.101.3.4.2.1",
		"signAlgo": "1.2.840.10045.4.3.2"}
}

// Each hash has its signature at its own position, and an audit record.
func TestEachHashIsSignedAndRecorded(t *testing.T) {
	t.Parallel()
	for _, count := range []int{1, 2, 50, signing.MaxHashes} {
		a, handler := plain(t)
		hashes := testHashes(count)
		got := ask(t, handler, "/api/csc/v1/signatures/signHash", signHash(authorize(t, handler, hashes), hashes))
		var answer struct{ Signatures [][]byte }
		if err := json.Unmarshal(got.Body.Bytes(), &answer); err != nil || len(answer.Signatures) != count {
			t.Fatalf("got %d %s, want %d signatures", got.Code, got.Body, count)
		}
		records := a.audit.records(t)
		if len(records) != count {
			t.Fatalf("got %d audit records, want %d", len(records), count)
		}
		public := a.vault.certificate.Leaf().PublicKey.(*ecdsa.PublicKey)
		for i, text := range hashes {
			hash, _ := base64.StdEncoding.DecodeString(text)
			if !ecdsa.VerifyASN1(public, hash, answer.Signatures[i]) {
				t.Errorf("got no signature of hash %d at its place", i)
			}
			sum := sha256.Sum256(answer.Signatures[i])
			r := records[i].Audit
			if r.Hash != hex.EncodeToString(hash) || r.SignedDigest != hex.EncodeToString(sum[:]) ||
				r.Outcome != signing.Signed || r.Action != signing.SignHash || r.Certificate != "seal" ||
				r.Algorithm != "ECDSA-SHA256" || r.TenantID != "tenant-1" {
				t.Errorf("got the record %+v of hash %d, want all of it", r, i)
			}
		}
	}
}

// Each hash of a batch counts as a request of its caller. Beyond the limit none of them is signed.
func TestHashesOfABatchAreCounted(t *testing.T) {
	t.Parallel()
	for allowed, want := range map[int64]int{51: http.StatusOK, 50: http.StatusTooManyRequests} {
		a, handler := plain(t, func(c *server.Config) {
			c.Rate = rate.New(rate.Limits{Requests: allowed}, func() time.Time { return time.Unix(1, 0) })
		})
		hashes := testHashes(50)
		got := ask(t, handler, "/api/csc/v1/signatures/signHash", signHash(authorize(t, handler, hashes), hashes))
		if got.Code != want || !strings.HasPrefix(got.Header().Get("RateLimit"), `"requests";r=0;`) {
			t.Errorf("%d requests a minute: got %d %s %v for authorizing and signing 50 hashes, want %d", allowed,
				got.Code, got.Body, got.Header(), want)
		}
		if text := a.audit.String(); want != http.StatusOK &&
			(strings.Count(text, "\n") != 1 || !strings.Contains(text, `"code":"caller_rate_exceeded"`)) {
			t.Errorf("got %s, want one record of a refusal", text)
		}
	}
}

// A wrong request signs nothing, and is recorded as refused.
func TestHashRequestsAreRefused(t *testing.T) {
	t.Parallel()
	hashes, others := testHashes(2), testHashes(3)[2:]
	changed := func(name string, value any) func(members) {
		return func(m members) {
			if value == nil {
				delete(m, name)
			} else {
				m[name] = value
			}
		}
	}
	short := []string{base64.StdEncoding.EncodeToString(make([]byte, 31))}
	tests := []struct {
		name   string
		change func(members)
	}{
		{"no credential", changed("credentialID", nil)},
		{"a number for a credential", changed("credentialID", 1)},
		{"a credential of somebody else", changed("credentialID", "spare")},
		{"a credential that is none", changed("credentialID", "no/such")},
		{"no SAD", changed("SAD", nil)},
		{"no hash", changed("hash", nil)},
		{"an empty list", changed("hash", []string{})},
		{"101 hashes", changed("hash", testHashes(101))},
		{"a hash too short", changed("hash", short)},
		{"a hash that is no base64", changed("hash", []string{"*"})},
		{"a hash with a line break", changed("hash", []string{hashes[0][:20] + "\n" + hashes[0][20:]})},
		{"a hash that was not authorized", changed("hash", others)},
		{"more than was authorized", changed("hash", []string{hashes[0], hashes[1], hashes[0]})},
		{"hash and hashes", changed("hashes", hashes)},
		{"another digest", changed("hashAlgo", "2.16.840.1.101.3.4.2.2")},
		{"a weak digest", changed("hashAlgo", "1.3.14.3.2.26")},
		{"no algorithm", changed("signAlgo", nil)},
		{"RSA", changed("signAlgo", "1.2.840.113549.1.1.11")},
		{"ECDSA with another digest", changed("signAlgo", "1.2.840.10045.4.3.3")},
		{"an algorithm that there is not", changed("signAlgo", "1.2.3")},
		{"parameters that ECDSA has not", changed("signAlgoParams", "MAA=")},
		{"asynchronous", changed("operationMode", "A")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, handler := plain(t)
			body := signHash(authorize(t, handler, hashes), hashes)
			test.change(body)
			calls := a.vault.calls.Load()
			got := ask(t, handler, "/api/csc/v1/signatures/signHash", body)
			if got.Code != http.StatusBadRequest || memberOf(got.Body.Bytes(), "error") != "invalid_request" {
				t.Errorf("got %d %s, want 400 invalid_request", got.Code, got.Body)
			}
			for _, record := range a.audit.records(t) {
				if record.Audit.Outcome != signing.Refused || record.Audit.SignedDigest != "" {
					t.Errorf("got the record %+v, want a refusal", record.Audit)
				}
			}
			if len(a.audit.records(t)) == 0 {
				t.Error("got no audit record, want one of the refusal")
			}
			if strings.Contains(got.Body.String(), `"signatures"`) || a.vault.calls.Load() > calls+1 {
				t.Errorf("got %s, want nothing signed", got.Body)
			}
		})
	}
}

// An SAD is valid only for its caller, its credential, its hashes and its time.
func TestActivationDataIsBound(t *testing.T) {
	t.Parallel()
	clock := clocktest.New(time.Now())
	role := func(p *signing.Principal) { p.Roles = append(p.Roles, "hash.spare") }
	change := func(alter ...func(*signing.Principal)) func(*server.Config) {
		return func(c *server.Config) {
			c.Now = clock.Now
			c.Authenticator = altered{alter}
		}
	}
	_, handler := plain(t, change(role))
	hashes := testHashes(2)
	sad := authorize(t, handler, hashes)
	signs := func(handler http.Handler, sad, credential string, token string) int {
		body := signHash(sad, hashes)
		body["credentialID"] = credential
		r := cscBody(t, "/api/csc/v1/signatures/signHash", body)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		return recorder.Code
	}
	if got := signs(handler, sad, "SEAL", ""); got != http.StatusOK {
		t.Errorf("got %d for the credential in capitals, want 200", got)
	}
	// This is another instance, which shares nothing with the first.
	_, other := plain(t, change(role))
	if got := signs(other, sad, "seal", ""); got != http.StatusOK {
		t.Errorf("got %d from another instance, want 200", got)
	}
	for name, alter := range map[string]func(*signing.Principal){
		"tenant": func(p *signing.Principal) { p.TenantID = "tenant-2" },
		"object": func(p *signing.Principal) { p.ObjectID = "object-2" },
		"client": func(p *signing.Principal) { p.ClientID = "client-2" },
		"role":   func(p *signing.Principal) { p.Roles = []string{"hash.spare"} },
	} {
		_, handler := plain(t, change(alter))
		if got := signs(handler, sad, "seal", ""); got != http.StatusBadRequest {
			t.Errorf("got %d for a caller of another %s, want 400", got, name)
		}
	}
	if got := signs(handler, sad, "spare", ""); got != http.StatusBadRequest {
		t.Errorf("got %d for another credential, want 400", got)
	}
	if got := signs(handler, sad, "seal", goodToken+".next"); got != http.StatusBadRequest {
		t.Errorf("got %d with another token, want 400", got)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(sad)
	for i := range raw {
		flipped := slices.Clone(raw)
		flipped[i] ^= 1
		if got := signs(handler, base64.RawURLEncoding.EncodeToString(flipped), "seal", ""); got == http.StatusOK {
			t.Errorf("got a signature with byte %d of the SAD changed", i)
		}
		if got := signs(handler, base64.RawURLEncoding.EncodeToString(raw[:i]), "seal", ""); got == http.StatusOK {
			t.Errorf("got a signature with an SAD of %d bytes", i)
		}
	}
	clock.Advance(10*time.Minute - time.Second)
	if got := signs(handler, sad, "seal", ""); got != http.StatusOK {
		t.Errorf("got %d at the end of its time, want 200", got)
	}
	clock.Advance(time.Second)
	if got := signs(handler, sad, "seal", ""); got != http.StatusBadRequest {
		t.Errorf("got %d after its time, want 400", got)
	}
}

// altered is an Authenticator that changes the caller of each token. Further tokens of the same
// caller are good too.
type altered struct {
	change []func(*signing.Principal)
}

func (a altered) Authenticate(ctx context.Context, token string) (signing.Principal, error) {
	p, err := callers{}.Authenticate(ctx, strings.TrimSuffix(token, ".next"))
	for _, change := range a.change {
		change(&p)
	}
	return p, err
}

// If a record cannot be written, no signature is released.
func TestHashesWithoutRecordsAreNotSigned(t *testing.T) {
	t.Parallel()
	_, good := plain(t)
	hashes := testHashes(2)
	_, handler := plain(t, func(c *server.Config) { c.Audit = audit.New(audit.Config{Out: fullDisk{}}) })
	got := ask(t, handler, "/api/csc/v1/signatures/signHash", signHash(authorize(t, good, hashes), hashes))
	if got.Code != http.StatusInternalServerError || memberOf(got.Body.Bytes(), "error") != "server_error" ||
		strings.Contains(got.Body.String(), `"signatures"`) {
		t.Errorf("got %d %s, want 500 server_error", got.Code, got.Body)
	}
}

// A page begins after the previous one, whatever was added or removed in between.
func TestCredentialsComeInPages(t *testing.T) {
	t.Parallel()
	_, handler := plain(t, func(c *server.Config) {
		c.Authenticator = altered{[]func(*signing.Principal){
			func(p *signing.Principal) { p.Roles = append(p.Roles, "hash.spare") }}}
	})
	var names []any
	token := ""
	for range 3 {
		body := members{"maxResults": 1}
		if token != "" {
			body["pageToken"] = token
		}
		got := ask(t, handler, "/api/csc/v1/credentials/list", body)
		var page struct {
			CredentialIDs []any
			NextPageToken string
		}
		if err := json.Unmarshal(got.Body.Bytes(), &page); err != nil {
			t.Fatalf("got %d %s, want a page", got.Code, got.Body)
		}
		names = append(names, page.CredentialIDs...)
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	if !slices.Equal(names, []any{"seal", "spare"}) {
		t.Errorf("got %v, want each credential once", names)
	}
}
