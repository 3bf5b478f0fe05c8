package keyvault_test

import (
	"context"
	"crypto/x509"
	"strings"
	"sync"
	"testing"
	"time"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
)

// watching has a source watch certificates. The function that it returns moves the clock and has
// them checked once.
func watching(t *testing.T, c *cloud, source *keyvault.Source, names ...string) func(time.Duration) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ticks := make(chan time.Time)
	var ended sync.WaitGroup
	ended.Go(func() { source.Watch(ctx, ticks, names) })
	t.Cleanup(func() {
		stop()
		ended.Wait()
	})
	return func(later time.Duration) {
		c.clock.Advance(later)
		ticks <- c.clock.Now()
		ticks <- c.clock.Now() // is taken after the check, and finds nothing that is due
	}
}

// The warning about a certificate that expires is logged although nobody signs: about one of the
// settings, about one that was asked for once, and about a version that was asked for once.
func TestWatchTellsOfExpiry(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const life = 40
	ends := func(leaf *x509.Certificate) { leaf.NotAfter = c.clock.Now().AddDate(0, 0, life).Add(time.Hour) }
	c.put(t, "named", ends)
	c.put(t, "used", ends)
	version, _ := c.put(t, "pinned", ends)
	c.put(t, "unused", ends)
	source := c.source(t)
	get(t, source, "used", "")
	get(t, source, "pinned", version)
	tick := watching(t, c, source, "Named")
	for day := 1; day < life; day++ {
		if day == 20 { // an outage, in which the answers become too old to be used
			c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.ServerError})
			tick(12 * time.Hour)
			c.vault.ClearFault()
			tick(12 * time.Hour)
		} else {
			tick(24 * time.Hour)
		}
		for _, name := range []string{"named", "used", "pinned"} {
			got := strings.Count(c.logs.String(), `"certificate expires soon","certificate":"`+name+`"`)
			if want := max(0, day-life+31); got != want {
				t.Fatalf("%s: got %d lines on day %d, want %d", name, got, day, want)
			}
		}
	}
	tick(24 * time.Hour)
	tick(24 * time.Hour) // they have expired: what is not in the settings is not asked for any more
	before := c.vault.Requests("/secrets/used") + c.vault.Requests("/secrets/pinned")
	named := c.vault.Requests("/secrets/named")
	tick(24 * time.Hour)
	if got := c.vault.Requests("/secrets/used") + c.vault.Requests("/secrets/pinned"); got != before {
		t.Errorf("got %d requests for what has expired, want none", got-before)
	}
	if got := c.vault.Requests("/secrets/named"); got == named {
		t.Error("got no request for a certificate of the settings, want one: it may be renewed")
	}
	if got := c.vault.Requests("/secrets/unused"); got != 0 {
		t.Errorf("got %d requests for what nobody asked for, want none", got)
	}
}

// A rotation is noticed although nobody signs.
func TestWatchTellsOfRotation(t *testing.T) {
	t.Parallel()
	for _, mode := range []keyvault.KeyMode{keyvault.KeysAuto, keyvault.KeysInVault} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.put(t, "seal")
			source := c.source(t, inMode(mode))
			get(t, source, "seal", "")
			tick := watching(t, c, source)
			c.clock.Advance(time.Minute)
			c.put(t, "seal", func(leaf *x509.Certificate) { leaf.NotBefore = c.clock.Now().AddDate(0, 0, 1) })
			tick(10 * time.Minute)
			if !strings.Contains(c.logs.String(), "a new version of the certificate does not sign yet") {
				t.Errorf("got %s, want a line about the new version", c.logs)
			}
		})
	}
}
