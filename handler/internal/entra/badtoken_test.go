package entra_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/entratest"
	"influxion/handler/internal/signing"
)

// badToken is a token that must be refused, by name.
type badToken struct {
	name string
	kind signing.Kind
	make func(c *cloud) string
}

const (
	refused   = signing.Unauthenticated
	forbidden = signing.PermissionDenied
)

// badTokens are all bad tokens of the tests.
func badTokens() []badToken {
	return slices.Concat(badClaims(), badTimes(), badTypes(), badHeaders(), badAlgorithms(), badForms(), badRights())
}

// TestTokenFaults sends every bad token to one authenticator whose keys are loaded. It searches the
// log and the errors for any part of any token.
func TestTokenFaults(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	var log bytes.Buffer
	authenticator := c.authenticator(t, logTo(&log))
	if _, err := authenticator.Authenticate(t.Context(), c.token()); err != nil {
		t.Fatal(err)
	}
	tokens := badTokens()
	if len(tokens) < 60 {
		t.Fatalf("got %d tokens, want 60 at least", len(tokens))
	}
	details := map[signing.Kind]string{}
	for _, f := range tokens {
		t.Run(f.name, func(t *testing.T) {
			token := f.make(c)
			principal, err := authenticator.Authenticate(t.Context(), token)
			failure := want(t, err, f.kind)
			if principal.TenantID != "" && f.kind == refused {
				t.Errorf("got principal %+v, want none", principal)
			}
			if known, ok := details[f.kind]; ok && known != failure.Detail {
				t.Errorf("got detail %q, want the same for every check: %q", failure.Detail, known)
			}
			details[f.kind] = failure.Detail
			noCanary(t, token, err.Error(), log.String())
		})
	}
	if got := c.Requests(entratest.Keys); got > 2 {
		t.Errorf("got %d requests for keys, want 2 at most", got)
	}
	if got := authenticator.Remembered(); got != 1 {
		t.Errorf("got %d tokens remembered, want the good one alone", got)
	}
	if _, err := authenticator.Authenticate(t.Context(), c.token()); err != nil {
		t.Errorf("got %v, want the good token still accepted", err)
	}
}

// noCanary looks for parts of the token, and for the person in it, where they must not be.
func noCanary(t *testing.T, token string, texts ...string) {
	t.Helper()
	needles := []string{userName, userID, servicePID}
	for _, segment := range strings.Split(token, ".") {
		if len(segment) >= 12 {
			needles = append(needles, segment[:12], segment[len(segment)-12:])
		}
	}
	for _, text := range texts {
		for _, needle := range needles {
			if strings.Contains(text, needle) {
				t.Errorf("got %q in %q, want nothing of a token there", needle, text)
			}
		}
	}
}

func encodeSegment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
