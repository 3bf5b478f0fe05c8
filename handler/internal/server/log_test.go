package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestLogLine reads the one log line of a request.
func TestLogLine(t *testing.T) {
	t.Parallel()
	const id, trace = "33333333-3333-3333-3333-333333333333", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	tests := []struct {
		name, method, path, token string
		fault                     bool
		want                      map[string]any
		absent                    []string
	}{
		{"well", "GET", "/api/certificates/seal", goodToken, false,
			map[string]any{"level": "INFO", "msg": "request", "method": "GET",
				"route": "/api/certificates/{name}", "status": 200.0, "invocation_id": id, "traceparent": trace,
				"tenant_id": "tenant-1",
				"object_id": "object-1", "client_id": "client-1"}, []string{"error", "code", "stack"}},
		{"refused", "GET", "/api/certificates/seal?canary-query=canary-query", goodToken, false,
			map[string]any{"level": "WARN", "status": 400.0, "code": "option_unknown", "client_id": "client-1"},
			[]string{"stack"}},
		{"unknown caller", "POST", "/api/sign?reason=canary-query", "canary-token", false,
			map[string]any{"level": "WARN", "status": 401.0,
				"code": "invalid_token",
				"error": "invalid_token: the access token is not valid for this API: " +
					"token_expired: the token expired a minute ago"},
			[]string{"tenant_id"}},
		{"unknown path", "GET", "/canary-path?canary-query", goodToken, false,
			map[string]any{"level": "WARN", "route": "unmatched", "status": 404.0, "code": "route_not_found"},
			[]string{"tenant_id"}},
		{"fault", "GET", "/api/certificates", goodToken, true,
			map[string]any{"level": "ERROR", "status": 503.0, "code": "vault_unavailable",
				"error": `fetch certificate "seal": vault_unavailable: the vault does not answer: dial secret-vault.vault.azure.net: timeout`}, []string{"stack"}},
		{"panic", "GET", "/api/certificates", panicToken, false,
			map[string]any{"level": "ERROR", "status": 500.0, "code": "internal"}, nil},
		{"probe", "GET", "/", "", false, map[string]any{"level": "DEBUG", "route": "/", "status": 200.0},
			[]string{"tenant_id"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			if test.fault {
				a.vault.fail(vaultDown)
			}
			r := a.request(t, test.method, test.path, "", nil)
			r.Header.Set("Authorization", "Bearer "+test.token)
			r.Header.Set("X-Azure-Functions-InvocationId", id)
			r.Header.Set("Traceparent", trace)
			response, err := a.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			a.Close() // the line is written after the answer
			var line map[string]any
			if err := json.Unmarshal([]byte(a.log.String()), &line); err != nil {
				t.Fatalf("got %q, want one line of JSON", a.log)
			}
			for key, want := range test.want {
				if line[key] != want {
					t.Errorf("got %s = %v, want %v", key, line[key], want)
				}
			}
			for _, key := range append(test.absent, "query", "path") {
				if _, ok := line[key]; ok {
					t.Errorf("got %s = %v, want none", key, line[key])
				}
			}
			if _, ok := line["duration_ms"].(float64); !ok {
				t.Errorf("got duration_ms = %v, want a number", line["duration_ms"])
			}
			if stack, _ := line["stack"].(string); test.name == "panic" && !strings.Contains(stack, "Authenticate") {
				t.Errorf("got stack %q, want the place of the panic", stack)
			}
		})
	}
}

func TestInvocationID(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const one, two = "11111111-1111-1111-1111-111111111111", "ABCDEF00-2222-2222-2222-222222222222"
	tests := []struct {
		name   string
		values []string
		want   string // "" = a fresh one
	}{
		{"none", nil, ""},
		{"one", []string{one}, one},
		{"upper case", []string{two}, strings.ToLower(two)},
		{"the host's behind the client's", []string{one, two}, strings.ToLower(two)},
		{"the same, folded", []string{one + ", " + two}, strings.ToLower(two)},
		{"no GUID", []string{"canary-path"}, ""},
		{"no GUID last", []string{one, "x"}, ""},
		{"empty last", []string{one + ","}, ""},
		{"braces", []string{"{" + one + "}"}, ""},
	}
	for _, test := range tests {
		r := a.request(t, http.MethodGet, "/", "", nil)
		r.Header["X-Azure-Functions-Invocationid"] = test.values
		response, err := a.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		got := response.Header.Get("Influxion-Invocation-Id")
		if test.want != "" && got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		if test.want == "" && (len(got) != 36 || got == one || got[14] != '4') {
			t.Errorf("%s: got %q, want a fresh UUID", test.name, got)
		}
	}
}

func TestTraceparent(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"canary-path", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-canary-path"} {
		a := newAPI(t)
		r := a.request(t, http.MethodGet, "/", "", nil)
		r.Header.Set("Traceparent", value)
		response, err := a.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		a.Close()
		if strings.Contains(a.log.String(), "traceparent") {
			t.Errorf("got %s, want no traceparent from %q", a.log, value)
		}
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	tests := []struct{ name, value, code string }{
		{"empty", "", "token_missing"},
		{"scheme alone", "Bearer", "invalid_token"},
		{"scheme and space", "Bearer ", "invalid_token"},
		{"no scheme", goodToken, "token_missing"},
		{"longer scheme", "Bearerx " + goodToken, "token_missing"},
		{"Basic", "Basic " + goodToken, "token_missing"},
		{"DPoP", "DPoP " + goodToken, "token_missing"},
		{"upper case", "BEARER " + goodToken, ""},
		{"spaces", "Bearer    " + goodToken, ""},
		{"tab", "Bearer\t" + goodToken, "token_missing"},
		{"quoted", `Bearer "` + goodToken + `"`, "invalid_token"},
		{"two tokens", "Bearer " + goodToken + " " + goodToken, "invalid_token"},
		{"folded with another", "Bearer " + goodToken + ", Bearer " + goodToken, "invalid_token"},
		{"non-ASCII", "Bearer " + goodToken + "\u00e9", "invalid_token"},
		{"padding inside", "Bearer canary=token", "invalid_token"},
		{"padding alone", "Bearer ====", "invalid_token"},
		{"over-long", "Bearer " + strings.Repeat("a", 17<<10), "invalid_token"},
	}
	for _, test := range tests {
		r := a.request(t, http.MethodGet, "/api/certificates", "", nil)
		r.Header.Set("Authorization", test.value)
		response, err := a.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var p problem
		if response.StatusCode != http.StatusOK {
			if err := json.NewDecoder(response.Body).Decode(&p); err != nil {
				t.Fatal(err)
			}
		}
		response.Body.Close()
		if p.Code != test.code {
			t.Errorf("%s: got %q, want %q", test.name, p.Code, test.code)
		}
		challenge := response.Header.Get("WWW-Authenticate")
		if (test.code == "invalid_token") != strings.Contains(challenge, "error=") {
			t.Errorf("%s: got %q, want an error code for a bad token alone", test.name, challenge)
		}
	}
}
