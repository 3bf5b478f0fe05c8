package entra_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/entratest"
	"influxion/handler/internal/signing"
)

func (c *cloud) unknownKid() string { return headed(map[string]any{"kid": "unknown"})(c) }

func TestNewKeyIsPickedUp(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	old := c.token()
	accepted(t, a, old)
	rotate(t, c)
	accepted(t, a, c.token())
	accepted(t, a, old)
	fetches(t, c, 2)
}

func TestKeyPublishedBeforeUseNeedsNoFetch(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	if err := c.PublishKey(); err != nil {
		t.Fatal(err)
	}
	accepted(t, a, c.token())
	rotate(t, c)
	accepted(t, a, c.token())
	fetches(t, c, 1)
}

// TestUnknownKidsRest has how many fetches bad tokens alone can cause, and the errors that they
// get. The first kids are looked up, so they are known to be bad. A later kid may be that of a new
// key.
func TestUnknownKidsRest(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	bad := c.unknownKid()
	rejected(t, a, bad, refused)
	fetches(t, c, 1) // the first load
	for i := range 3 {
		rejected(t, a, bad, refused)
		fetches(t, c, 2+i)
	}
	for range 1000 {
		if failure := rejected(t, a, bad, signing.Unavailable); failure.RetryAfter != 20*time.Second {
			t.Fatalf("got RetryAfter %v, want the time until the next fetch, 20s", failure.RetryAfter)
		}
	}
	c.Advance(20*time.Second - 1)
	rejected(t, a, bad, signing.Unavailable)
	fetches(t, c, 4)
	c.Advance(1)
	rejected(t, a, bad, refused)
	rejected(t, a, bad, signing.Unavailable)
	fetches(t, c, 5)
	accepted(t, a, c.token())
	c.Advance(hour)
	accepted(t, a, c.token())
	accepted(t, a, c.token())
}

// TestFloodOfUnknownKids shows that the number of fetches does not depend on the number of bad
// tokens.
func TestFloodOfUnknownKids(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	accepted(t, a, c.token())
	var flood []string
	for i := range 10 {
		flood = append(flood, headed(map[string]any{"kid": "k" + strconv.Itoa(i)})(c))
	}
	for range 600 { // ten minutes
		for _, bad := range flood {
			if _, err := a.Authenticate(t.Context(), bad); err == nil {
				t.Fatal("got a bad token accepted, want it refused")
			}
		}
		c.Advance(time.Second)
	}
	if got := c.Requests(entratest.Keys); got < 20 || got > 1+3+30 {
		t.Errorf("got %d requests for keys in ten minutes, want 34 at most", got)
	}
}

func TestRollOverAfterAnUnknownKid(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	accepted(t, a, c.token())
	rejected(t, a, c.unknownKid(), refused)
	rotate(t, c)
	accepted(t, a, c.token())
}

// TestRollOverInAFlood shows that a good token of a new key is never called bad.
func TestRollOverInAFlood(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	old := c.lasting()
	accepted(t, a, old)
	for range 10 {
		_, _ = a.Authenticate(t.Context(), c.unknownKid())
	}
	before := c.Requests(entratest.Keys)
	rotate(t, c)
	c.RemoveOldKeys()
	good := c.lasting()
	failure := rejected(t, a, good, signing.Unavailable)
	if failure.RetryAfter > 20*time.Second {
		t.Errorf("got RetryAfter %v, want 20s at most", failure.RetryAfter)
	}
	fetches(t, c, before)
	c.Advance(failure.RetryAfter)
	// The first token causes the fetch of the keys, and the good token uses them too.
	rejected(t, a, c.unknownKid(), refused)
	accepted(t, a, good)
	fetches(t, c, before+1)
	rejected(t, a, old, signing.Unavailable)
}

// TestKidsThatCannotBe shows that a kid that Entra ID never writes causes no fetch.
func TestKidsThatCannotBe(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	accepted(t, a, c.token())
	for range 10 {
		for _, kid := range []string{"a b", "a/b", "a+b=", "a\x00", "é", "a:b", "a'", "%61", strings.Repeat("k", 257)} {
			rejected(t, a, headed(map[string]any{"kid": kid})(c), refused)
		}
	}
	fetches(t, c, 1)
}

func TestUnknownKidWhileDown(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	a := c.authenticator(t, nil)
	accepted(t, a, c.token())
	rotate(t, c)
	c.SetFault(entratest.Keys, entratest.ServerError)
	token := c.lasting()
	for range 20 {
		rejected(t, a, token, signing.Unavailable)
	}
	fetches(t, c, 2)
	c.SetFault(entratest.Keys, entratest.None)
	c.Advance(minute)
	accepted(t, a, token)
}
