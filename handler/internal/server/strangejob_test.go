package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"influxion/handler/internal/server"
	"influxion/handler/internal/signing"
)

// tokens is an Authenticator whose tokens are callers in JSON.
type tokens struct{}

func (tokens) Authenticate(_ context.Context, token string) (p signing.Principal, err error) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	return p, err
}

// as sends a request of a caller straight to the handler, which no client has tidied before.
func as(t *testing.T, handler http.Handler, p signing.Principal, method, target, body string, header ...string) (
	int, string) {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	path, query, _ := strings.Cut(target, "?")
	if r.URL, err = r.URL.Parse(path); err != nil { // no server takes such a request
		return 0, ""
	}
	r.URL.RawQuery, r.RequestURI = query, target
	r.Header.Set("Authorization", "Bearer "+base64.RawURLEncoding.EncodeToString(text))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	answer, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(answer)
}

var owner = signing.Principal{TenantID: "tenant-1", ObjectID: "object-1", ClientID: "client-1"}

// strangers are callers who are nearly the owner, or nearly a reader of all jobs.
func strangers() map[string]signing.Principal {
	like := func(change func(*signing.Principal)) signing.Principal {
		p := owner
		change(&p)
		return p
	}
	all := map[string]signing.Principal{
		"another object":       like(func(p *signing.Principal) { p.ObjectID = "object-2" }),
		"another tenant":       like(func(p *signing.Principal) { p.TenantID = "tenant-2" }),
		"the tenant as object": {TenantID: owner.ObjectID, ObjectID: owner.TenantID, ClientID: owner.ClientID},
		"no object":            like(func(p *signing.Principal) { p.ObjectID = "" }),
		"no tenant":            like(func(p *signing.Principal) { p.TenantID = "" }),
		"the client alone":     {ClientID: owner.ClientID},
		"a reader of another tenant": {TenantID: "tenant-2", ObjectID: "object-2",
			Roles: []string{"jobs.read.*"}},
		"a scope, not a role": {TenantID: "tenant-1", ObjectID: "object-2", Scopes: []string{"jobs.read.*"}},
		"a signer of all":     {TenantID: "tenant-1", ObjectID: "object-2", Roles: []string{"sign.*", "hash.*"}},
		"another pattern": {TenantID: "tenant-1", ObjectID: "object-2",
			Roles: []string{"jobs.*", "*", "jobs.read", "jobs.read.", "jobs.read.object-1",
				" jobs.read.*", "jobs.read.**"}},
	}
	for _, more := range []string{" ", "/", "x", "\x00", "/../object-1", "%00", "\u200b", "\u0301", "\n"} {
		all[fmt.Sprintf("object and %q", more)] = like(func(p *signing.Principal) { p.ObjectID += more })
		all[fmt.Sprintf("%q and object", more)] = like(func(p *signing.Principal) { p.ObjectID = more + p.ObjectID })
	}
	return all
}

// strangePaths are ways to write the ID of a job, and the batch of it.
func strangePaths(id string) []string {
	batch := strings.TrimSuffix(id, "-000")
	var paths []string
	for _, name := range []string{id, strings.ToUpper(id), strings.Replace(id, "-", "%2d", 1), id + "%20", "%20" + id,
		id + "%00", id + "%0a", id + "%0d%0a", "..%2f" + id, "..%2fjobs%2f" + id, id + "%2f..%2f" + id, id + "%2f",
		"%2e%2e%2fjobs%2f" + id, id + "/", id + "//", "./" + id, id + ";x=1", id + "%3b", id + "%23",
		id + "%3fbatch=" + batch,
		batch, batch + "-", batch + "-00", batch + "-0000", batch + "-1000", batch + "-%d9%a0%d9%a0%d9%a0",
		batch + "_000", batch + "%e2%80%90000", "%ef%bd%81" + id[1:], id + "%cc%81", "%e2%80%8b" + id,
		"*", "%25", "%2a", "-000",
		id + id, strings.Repeat(id, 300), "inputs%2f" + id, "jobs%2f" + id, "%252e%252e", "0", "null", "{id}"} {
		paths = append(paths, "/api/jobs/"+name, "/api/jobs/"+name+"/document", "/api/jobs?batch="+name,
			"/API/Jobs/"+name, "/api/jobs//"+name, "/api//jobs/"+name)
	}
	return paths
}

// Nobody but its creator sees or deletes a job, whoever is nearly the creator and however the path
// is written. A stranger's answer is the one for a job that is not there.
func TestStrangersSeeNoJob(t *testing.T) {
	t.Parallel()
	handler := newAPI(t, func(c *server.Config) { c.Authenticator = tokens{} }).Config.Handler
	submit, _ := json.Marshal(map[string]any{"operation": "sign", "name": "secret-name.pdf", "document": samplePDF()})
	status, body := as(t, handler, owner, "POST", "/api/jobs", string(submit))
	var batch struct{ Jobs []struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &batch); err != nil || status != http.StatusAccepted {
		t.Fatalf("got %d %s", status, body)
	}
	id := batch.Jobs[0].ID
	_, none := as(t, handler, owner, "GET", "/api/jobs/"+strings.Repeat("a", 26)+"-000", "")
	withoutInstance := func(text string) string {
		var members map[string]any
		_ = json.Unmarshal([]byte(text), &members) // a document is none
		delete(members, "instance")
		shown, _ := json.Marshal(members)
		return string(shown)
	}
	count := 0
	for name, stranger := range strangers() {
		for _, path := range strangePaths(id) {
			for _, method := range []string{"GET", "HEAD", "DELETE"} {
				count++
				status, body := as(t, handler, stranger, method, path, "")
				if status == http.StatusOK || status == http.StatusPartialContent || status >= 500 ||
					strings.Contains(body, "secret-name") || strings.Contains(body, "%PDF") {
					t.Errorf("%s: got %d %.100q for %s %s", name, status, body, method, path)
				}
			}
		}
		_, body := as(t, handler, stranger, "GET", "/api/jobs/"+id, "")
		if withoutInstance(body) != withoutInstance(none) {
			t.Errorf("%s: got %s, want the answer for a job that is not there", name, body)
		}
	}
	for _, path := range strangePaths(id) { // the creator sees its job, or nothing
		if status, body := as(t, handler, owner, "GET", path, ""); status >= 500 || status == http.StatusOK &&
			!strings.Contains(body, "secret-name") && !bytes.HasPrefix([]byte(body), []byte("%PDF")) {
			t.Errorf("got %d %.100q for %s", status, body, path)
		}
	}
	if status, body := as(t, handler, owner, "GET", "/api/jobs/"+id+"/document", ""); status != http.StatusOK {
		t.Errorf("got %d %s after %d requests of strangers, want the document", status, body, count)
	}
}

// A caller names no blob of others, whoever the caller claims to be in the name, and no member of a
// request says who asks.
func TestJobsOfOthersAreNotAskedFor(t *testing.T) {
	t.Parallel()
	handler := newAPI(t, func(c *server.Config) { c.Authenticator = tokens{} }).Config.Handler
	if status, body := as(t, handler, owner, "POST", "/api/jobs",
		`{"operation": "sign", "blob": "`+inboxBlob+`"}`); status != http.StatusAccepted {
		t.Fatalf("got %d %s for the blob of the caller", status, body)
	}
	for name, stranger := range strangers() {
		for _, blob := range []string{inboxBlob, "/" + inboxBlob, strings.ToUpper(inboxBlob), "../" + inboxBlob,
			strings.ToLower(stranger.TenantID+"/"+stranger.ObjectID) + "/../../" + inboxBlob,
			strings.ToLower(stranger.TenantID+"/"+stranger.ObjectID) + "/..%2f..%2f" + inboxBlob,
			"https://account.blob.core.windows.net/inbox/" + inboxBlob} {
			text, _ := json.Marshal(map[string]any{"operation": "sign", "blob": blob})
			status, body := as(t, handler, stranger, "POST", "/api/jobs", string(text))
			if status < 400 || status >= 500 {
				t.Errorf("%s: got %d %s for %q", name, status, body, blob)
			}
		}
	}
	document := base64.StdEncoding.EncodeToString(samplePDF())
	for _, member := range []string{`"principal": {"TenantID": "tenant-1"}`, `"id": "x"`, `"input": {"blob": "x"}`,
		`"created_at": "2026-01-01T00:00:00Z"`, `"status": "Done"`, `"result": {}`, `"version": "1"`, `"attempt": 9`,
		`"Operation": "verify"`, `"operation": "extend"`, `"blob": "` + inboxBlob + `"`,
		`"options": {"principal": "x"}`, `"options": {"certificate": "locked"}`, `"options": {"certificate": "../seal"}`,
		`"options": {"certificate": "seal\u0000"}`, `"options": {"password": "x"}`, `"options": {"seal": true}`,
		`"jobs": [{"operation": "sign"}]`} {
		text := `{"operation": "sign", "document": "` + document + `", ` + member + `}`
		if status, body := as(t, handler, owner, "POST", "/api/jobs", text); status < 400 || status >= 500 {
			t.Errorf("got %d %.200s with %s, want it refused", status, body, member)
		}
	}
}

// A key belongs to one caller, one route and one content.
func TestKeysAreNotShared(t *testing.T) {
	t.Parallel()
	a := newAPI(t, withKeys, func(c *server.Config) { c.Authenticator = tokens{} })
	handler := a.Config.Handler
	job := func(name string) string {
		text, _ := json.Marshal(map[string]any{"operation": "sign", "name": name, "document": samplePDF()})
		return string(text)
	}
	document, _ := json.Marshal(map[string]any{"document": samplePDF()})
	for _, key := range []string{"k", `"k2"`, "%2f..%2f", "../answers/x", "k,l", "k;l", "{}", "*", "'", "`", "~", "k=\x7e",
		strings.Repeat("k", 255), "8E03978E-40D5-43DD-BC93-6894A57F9324", "Bearer", "null", "0", "<script>"} {
		send := func(p signing.Principal, path, body, key string) (int, string) {
			return as(t, handler, p, "POST", path, body, "Idempotency-Key", key)
		}
		status, first := send(owner, "/api/jobs", job("a.pdf"), key)
		if status != http.StatusAccepted {
			t.Fatalf("got %d %s with the key %.40q", status, first, key)
		}
		made := len(a.audit.records(t))
		status, again := send(owner, "/api/jobs", job("a.pdf"), key)
		if status != http.StatusAccepted || again != first ||
			len(a.audit.records(t)) != made {
			t.Errorf("got %d and another batch with the key %.40q again", status, key)
		}
		status, other := send(owner, "/api/jobs", job("b.pdf"), key)
		if status != 422 || len(a.audit.records(t)) != made {
			t.Errorf("got %d %s with the key %.40q and another content", status, other, key)
		}
		if status, body := send(owner, "/api/sign", string(document), key); status != http.StatusOK {
			t.Errorf("got %d %s on another route with the key %.40q", status, body, key)
		}
		if unquoted := strings.Trim(key, `"`); unquoted != key {
			if _, again := send(owner, "/API/JOBS", job("a.pdf"), unquoted); again != first {
				t.Errorf("got another batch with the key %s without quotation marks", key)
			}
		}
		for name, stranger := range strangers() {
			if stranger.TenantID == "" || stranger.ObjectID == "" {
				continue
			}
			if _, other := send(stranger, "/api/jobs", job("a.pdf"), key); other == first {
				t.Errorf("%s: got the owner's answer with the key %.40q", name, key)
			}
		}
	}
	for _, key := range []string{"", `"`, `""`, `"k`, `k"`, "k\\", "k k", "k\t", "ü", "\x7f", "k\x00", `"k";p=1`, `"k", "l"`,
		strings.Repeat("k", 256)} {
		status, body := as(t, handler, owner, "POST", "/api/jobs", job("a.pdf"), "Idempotency-Key", key)
		if status != 400 {
			t.Errorf("got %d %s with the key %.40q, want it refused", status, body, key)
		}
	}
	if status, _ := as(t, handler, owner, "POST", "/api/jobs", job("a.pdf"), "Idempotency-Key", "x", "Idempotency-Key",
		"x"); status != 400 {
		t.Errorf("got %d with two keys", status)
	}
}

// A blob of another version is another content, though its name is the same.
func TestKeyCoversTheVersionOfABlob(t *testing.T) {
	t.Parallel()
	a := newAPI(t, withKeys)
	const body = `{"operation": "sign", "blob": "` + inboxBlob + `"}`
	for range 2 {
		if response, text := a.send(t, "/api/jobs", "application/json", body, "k"); response.StatusCode != 202 {
			t.Fatalf("got %d %s", response.StatusCode, text)
		}
	}
	a.jobs.store.changed = true
	if response, text := a.send(t, "/api/jobs", "application/json", body, "k"); response.StatusCode != 422 {
		t.Errorf("got %d %s with the key of the version before, want 422", response.StatusCode, text)
	}
}
