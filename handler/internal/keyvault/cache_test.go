package keyvault_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

// fetched waits until a background refresh has asked the vault and stored the answer.
func fetched(t *testing.T, done func() bool) {
	t.Helper()
	for !done() {
		if t.Context().Err() != nil {
			t.Fatal("the test ended before the background refresh did")
		}
		runtime.Gosched()
	}
}

// patient removes the deadlines, so that the test waits for a slow vault on a busy machine too.
func patient(config *keyvault.Config) {
	config.Deadline, config.TryTimeout = 24*time.Hour, 24*time.Hour
}

func get(t testing.TB, source *keyvault.Source, name, version string) *signing.Certificate {
	t.Helper()
	certificate, err := source.Certificate(t.Context(), name, version)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func TestWarmMakesNoRequests(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	version, leaf := c.put(t, "Seal")
	source := c.source(t)
	first := get(t, source, "seal", "")
	if first.Name != "Seal" || first.Version != version || !first.Leaf().Equal(leaf) || len(first.Chain) != 3 {
		t.Fatalf("got %s %s with %d certificates, want Seal %s with 3", first.Name, first.Version, len(first.Chain),
			version)
	}
	for range 100 {
		if again := get(t, source, "SEAL", ""); again != first {
			t.Fatal("got another certificate, want the cached one")
		}
	}
	if got := c.vault.Requests(""); got != 1 {
		t.Errorf("got %d requests, want 1", got)
	}
	if got := c.vault.Challenged(); got != 1 {
		t.Errorf("got %d challenges, want 1", got)
	}
	if got := c.tokens.Load(); got != 1 {
		t.Errorf("got %d token requests, want 1", got)
	}
}

func TestSingleFlight(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	source := c.source(t, patient)
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.Slow, Times: 1})
	impatient, leave := context.WithCancelCause(t.Context())
	left := make(chan error)
	go func() {
		_, err := source.Certificate(impatient, "seal", "")
		left <- err
	}()
	fetched(t, func() bool { return c.vault.Requests("/secrets/seal") == 1 })
	var waiting sync.WaitGroup
	faults := make(chan error, 50)
	for range 50 {
		waiting.Go(func() {
			_, err := source.Certificate(t.Context(), "seal", "")
			faults <- err
		})
	}
	// The first caller's departure must not fail the others.
	gone := errors.New("the caller hung up")
	leave(gone)
	err := <-left
	check(t, err, signing.DeadlineExceeded, "deadline_exceeded")
	if !errors.Is(err, gone) {
		t.Errorf("got %v, want the caller's own cause in it", err)
	}
	c.vault.ClearFault()
	waiting.Wait()
	close(faults)
	for err := range faults {
		if err != nil {
			t.Fatalf("got %v, want a certificate", err)
		}
	}
	if got := c.vault.Requests("/secrets/seal"); got != 1 {
		t.Errorf("got %d requests, want 1", got)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	old, _ := c.put(t, "seal")
	source := c.source(t)
	get(t, source, "seal", "")
	next, _ := c.put(t, "seal")

	c.clock.Advance(5*time.Minute - time.Second)
	if got := get(t, source, "seal", "").Version; got != old || c.vault.Requests("") != 1 {
		t.Fatalf("got version %s after %d requests, want the cached one after 1", got, c.vault.Requests(""))
	}
	// From half the TTL on, the old version is served while the new one is fetched.
	c.clock.Advance(time.Second)
	if got := get(t, source, "seal", "").Version; got != old {
		t.Fatalf("got version %s, want the old one without waiting", got)
	}
	fetched(t, func() bool { return get(t, source, "seal", "").Version == next })
	if got := c.vault.Requests(""); got != 2 {
		t.Errorf("got %d requests, want 2", got)
	}
	// The old version can still be asked for by its own ID.
	if got := get(t, source, "seal", strings.ToUpper(old)).Version; got != old {
		t.Errorf("got version %s, want %s", got, old)
	}
}

func TestRotationAfterTTLWaits(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	source := c.source(t)
	get(t, source, "seal", "")
	next, _ := c.put(t, "seal")
	c.clock.Advance(10 * time.Minute)
	if got := get(t, source, "seal", "").Version; got != next {
		t.Errorf("got version %s, want the new one at once", got)
	}
}

func TestDisabledStops(t *testing.T) {
	t.Parallel()
	for _, asked := range []string{"current", "version"} {
		t.Run("seen by "+asked, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			version, _ := c.put(t, "seal")
			c.put(t, "other")
			source := c.source(t)
			get(t, source, "seal", "")
			get(t, source, "other", "")
			if asked == "current" {
				get(t, source, "seal", version)
			}
			if err := c.vault.SetEnabled("seal", "", false); err != nil {
				t.Fatal(err)
			}
			if asked == "current" {
				c.clock.Advance(10 * time.Minute)
				_, err := source.Certificate(t.Context(), "seal", "")
				check(t, err, signing.NotFound, "certificate_not_found")
			} else {
				// Another key of the cache gets the refusal: the current version must stop too.
				_, err := source.Certificate(t.Context(), "seal", version)
				check(t, err, signing.NotFound, "certificate_not_found")
			}
			// Not even while the vault is down.
			c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.ServerError})
			_, err := source.Certificate(t.Context(), "seal", "")
			if err == nil {
				t.Error("got a disabled certificate, want none")
			}
			if _, err = source.Certificate(t.Context(), "seal", version); err == nil {
				t.Error("got a disabled certificate by its version, want none")
			}
			get(t, source, "other", "")
		})
	}
}

func TestDisabledSeenInBackground(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	source := c.source(t)
	get(t, source, "seal", "")
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.NotEnabled})
	c.clock.Advance(5 * time.Minute)
	get(t, source, "seal", "")
	fetched(t, func() bool {
		_, err := source.Certificate(t.Context(), "seal", "")
		return err != nil
	})
	fetched(t, func() bool { return strings.Contains(c.logs.String(), "certificate not refreshed") })
	if text := c.logs.String(); !strings.Contains(text, `"ERROR"`) || !strings.Contains(text, "is not enabled") {
		t.Errorf("got log %s, want an error with its reason", text)
	}
}

func TestUnknownVersionLeavesTheCurrentAlone(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	source := c.source(t)
	get(t, source, "seal", "")
	_, err := source.Certificate(t.Context(), "seal", strings.Repeat("0", 32))
	check(t, err, signing.NotFound, "certificate_not_found")
	before := c.vault.Requests("")
	get(t, source, "seal", "")
	if got := c.vault.Requests(""); got != before {
		t.Errorf("got %d requests more, want none", got-before)
	}
}

func TestStaleService(t *testing.T) {
	t.Parallel()
	for _, kind := range []keyvaulttest.Kind{
		keyvaulttest.Throttled, keyvaulttest.ServerError, keyvaulttest.Unavailable, keyvaulttest.Down,
		keyvaulttest.Garbage,
		keyvaulttest.TokenRefused,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.put(t, "seal")
			source := c.source(t)
			first := get(t, source, "seal", "")
			c.vault.SetFault(keyvaulttest.Fault{Kind: kind})
			c.clock.Advance(10 * time.Minute)
			if got := get(t, source, "seal", ""); got != first {
				t.Error("got another certificate, want the stale one")
			}
			if text := c.logs.String(); !strings.Contains(text, `"served_stale":true`) {
				t.Errorf("got log %q, want the failure that no caller is told of", text)
			}
			// While the refusal is remembered, the vault is not asked.
			before := c.vault.Requests("")
			get(t, source, "seal", "")
			if got := c.vault.Requests(""); got != before {
				t.Errorf("got %d requests more, want none", got-before)
			}
			c.clock.Advance(50*time.Minute - time.Nanosecond)
			get(t, source, "seal", "")
			c.clock.Advance(time.Nanosecond)
			_, err := source.Certificate(t.Context(), "seal", "")
			if fault := signing.AsError(err); fault.Kind != signing.Unavailable {
				t.Errorf("got %v an hour after the last answer, want none served", err)
			}
			// It works again as soon as the vault does.
			c.vault.ClearFault()
			c.clock.Advance(time.Minute)
			get(t, source, "seal", "")
		})
	}
}

func TestStaleServiceEndsWithValidity(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	key := newKey(t, pkitest.P256)
	chain := c.issue(t, key,
		func(template *x509.Certificate) { template.NotAfter = c.clock.Now().Add(20 * time.Minute) })
	// The version has no dates of its own, so that only the certificate limits its use.
	_, err := c.vault.Put("seal", keyvaulttest.Secret{
		Value: encoded(t, keyvaulttest.PEM, chain, key), ContentType: typePEM, Managed: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	source := c.source(t)
	leaf := get(t, source, "seal", "").Leaf()
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.ServerError})
	c.clock.Advance(19 * time.Minute)
	get(t, source, "seal", "")
	c.clock.Advance(leaf.NotAfter.Sub(c.clock.Now()) + time.Second)
	_, err = source.Certificate(t.Context(), "seal", "")
	check(t, err, signing.Unavailable, "vault_unavailable")
	c.vault.ClearFault()
	c.clock.Advance(time.Minute)
	_, err = source.Certificate(t.Context(), "seal", "")
	check(t, err, signing.NotFound, "certificate_not_found")
}

func TestFreshServiceEndsWithAttributes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	key := newKey(t, pkitest.P256)
	contentType, value, err := keyvaulttest.Encode(keyvaulttest.PEM, c.issue(t, key), key)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.vault.Put("seal", keyvaulttest.Secret{
		Value: value, ContentType: contentType, Managed: true, Expires: c.clock.Now().Add(time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	source := c.source(t)
	get(t, source, "seal", "")
	c.clock.Advance(time.Minute)
	_, err = source.Certificate(t.Context(), "seal", "")
	check(t, err, signing.NotFound, "certificate_not_found")
}

func TestRefusalsAreRemembered(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	source := c.source(t)
	for range 3 {
		_, err := source.Certificate(t.Context(), "seal", "")
		check(t, err, signing.NotFound, "certificate_not_found")
	}
	if got := c.vault.Requests(""); got != 1 {
		t.Fatalf("got %d requests, want 1", got)
	}
	c.put(t, "seal")
	c.clock.Advance(30*time.Second - time.Nanosecond)
	if _, err := source.Certificate(t.Context(), "seal", ""); err == nil {
		t.Error("got a certificate within 30 seconds, want the remembered refusal")
	}
	c.clock.Advance(time.Nanosecond)
	get(t, source, "seal", "")
}

func TestThrottlingStopsEveryFetch(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	c.put(t, "other")
	source := c.source(t)
	warm := get(t, source, "other", "")
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.Throttled, RetryAfter: "20"})
	_, err := source.Certificate(t.Context(), "seal", "")
	check(t, err, signing.Unavailable, "vault_unavailable")
	if got := signing.AsError(err).RetryAfter; got != 20*time.Second {
		t.Errorf("got RetryAfter %v, want the vault's 20 s", got)
	}
	before := c.vault.Requests("")
	c.clock.Advance(15 * time.Second)
	_, err = source.Certificate(t.Context(), "third", "")
	check(t, err, signing.Unavailable, "vault_unavailable")
	if got := signing.AsError(err).RetryAfter; got != 5*time.Second {
		t.Errorf("got RetryAfter %v, want the 5 s that are left", got)
	}
	if get(t, source, "other", "") != warm {
		t.Error("got another certificate, want the cached one")
	}
	if got := c.vault.Requests(""); got != before {
		t.Errorf("got %d requests while throttled, want none", got-before)
	}
	c.vault.ClearFault()
	c.clock.Advance(5 * time.Second)
	get(t, source, "seal", "")
}

func TestBounds(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	source := c.source(t)
	first := get(t, source, "seal", "")
	for i := range 10_000 {
		_, err := source.Certificate(t.Context(), fmt.Sprintf("name-%d", i), "")
		check(t, err, signing.NotFound, "certificate_not_found")
	}
	values, refusals := keyvault.Held(source)
	if values != 1 || refusals > keyvault.MaxRefusals {
		t.Errorf("got %d certificates and %d refusals held, want 1 and at most %d", values, refusals,
			keyvault.MaxRefusals)
	}
	if get(t, source, "seal", "") != first {
		t.Error("got another certificate, want the one that unknown names must not push out")
	}
	key := newKey(t, pkitest.P256)
	chain := c.issue(t, key)
	for i := range keyvault.MaxCertificates + 10 {
		name := fmt.Sprintf("held-%d", i)
		if _, err := c.vault.PutCertificate(name, keyvaulttest.PEM, chain, key); err != nil {
			t.Fatal(err)
		}
		get(t, source, name, "")
		get(t, source, "seal", "")
	}
	if values, _ = keyvault.Held(source); values != keyvault.MaxCertificates {
		t.Errorf("got %d certificates held, want %d", values, keyvault.MaxCertificates)
	}
	before := c.vault.Requests("")
	get(t, source, "seal", "")
	if c.vault.Requests("") != before {
		t.Error("got a request for the certificate in use, want the least recently used ones to go")
	}
}

func TestCallsAreBounded(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	source := c.source(t, patient)
	first := get(t, source, "seal", "")
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.Slow})
	var waiting sync.WaitGroup
	for i := range keyvault.MaxCalls {
		waiting.Go(func() {
			_, err := source.Certificate(t.Context(), fmt.Sprintf("name-%d", i), "")
			if signing.AsError(err).Kind != signing.NotFound {
				t.Errorf("got %v, want not found once the vault answers", err)
			}
		})
	}
	fetched(t, func() bool { return c.vault.Requests("") == 1+keyvault.MaxCalls })
	_, err := source.Certificate(t.Context(), "one-more", "")
	check(t, err, signing.Unavailable, "vault_unavailable")
	// A cached certificate is nevertheless refreshed.
	c.clock.Advance(5 * time.Minute)
	if get(t, source, "seal", "") != first {
		t.Error("got another certificate, want the held one")
	}
	fetched(t, func() bool { return c.vault.Requests("/secrets/seal") == 2 })
	c.vault.ClearFault()
	waiting.Wait()
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "seal")
	source := c.source(t, patient) // only Close can end the refresh that waits for the slow vault
	first := get(t, source, "seal", "")
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.Slow})
	c.clock.Advance(5 * time.Minute)
	get(t, source, "seal", "")
	fetched(t, func() bool { return c.vault.Requests("") == 2 })
	source.Close()
	if got := keyvault.Calls(source); got != 0 {
		t.Errorf("got %d fetches under way after Close, want none", got)
	}
	if get(t, source, "seal", "") != first {
		t.Error("got another certificate, want the held one")
	}
	_, err := source.Certificate(t.Context(), "other", "")
	check(t, err, signing.Unavailable, "vault_unavailable")
}
