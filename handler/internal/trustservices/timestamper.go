package trustservices

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
)

const (
	defaultTimeout = 10 * time.Second
	clockSkew      = 5 * time.Minute // between the clocks of services and ours
	maxTimestamp   = 64 << 10        // bytes of a TSA's answer; real ones have 2 to 10 KiB
	badRest        = time.Minute     // how long a TSA is asked last after it failed
	maxMissing     = 2               // missing intermediates that are fetched

	firstTokenSize = 8 << 10 // assumed before the first token
	tokenSlack     = 1 << 10 // tokens may grow by longer certificates and numbers
)

// TimestamperConfig is the configuration of a Timestamper.
type TimestamperConfig struct {
	URLs []string // of TSAs, in the order of preference; at least one
	// Credentials are sent to the first TSA, whose address must be https, and to other TSAs at the
	// same host and port only.
	Credentials Credentials
	Proxy       *Proxy         // for the hosts that it lists; for others the environment decides (HTTPS_PROXY)
	Timeout     time.Duration  // for each TSA; 0 = 10 seconds
	Anchors     *x509.CertPool // where the chain of a TSA's certificate must end; nil = the system's roots
	// Issuers finds intermediates that a token lacks, as Revocation.Issuers does; nil = a token
	// must have them.
	Issuers func(context.Context, *x509.Certificate) ([]*x509.Certificate, error)
	Roots   *x509.CertPool   // for TLS; nil = the system's
	Now     func() time.Time // nil = time.Now
	Log     *slog.Logger     // for failures that are recovered from; nil = nowhere
}

// Timestamper asks TSAs in turn, those that failed within the last minute last. It divides the
// caller's remaining time evenly among the TSAs that are left, so that a slow one leaves time for
// the next. It implements pades.Timestamper and is safe for concurrent use.
type Timestamper struct {
	config TimestamperConfig
	client *http.Client
	known  *http.Client // for the origin that gets the credentials

	mu     sync.Mutex
	failed []time.Time // of each TSA: its last failure; zero = none since it last worked
	size   int
}

var _ pades.Timestamper = (*Timestamper)(nil)

// NewTimestamper checks the settings. It does not touch the network.
func NewTimestamper(config TimestamperConfig) (*Timestamper, error) {
	if len(config.URLs) == 0 {
		return nil, errors.New("no TSA")
	}
	for i, address := range config.URLs {
		if err := CheckTSAURL(address); err != nil {
			return nil, fmt.Errorf("TSA %d: %w", i+1, err)
		}
	}
	if err := config.Credentials.check(config.URLs[0]); err != nil {
		return nil, err
	}
	config.Timeout, config.Now, config.Log = orDefaults(config.Timeout, config.Now, config.Log)
	t := &Timestamper{config: config, client: config.client(), known: config.client(),
		failed: make([]time.Time, len(config.URLs)), size: firstTokenSize}
	if certificate := config.Credentials.Certificate; certificate != nil {
		t.known.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{*certificate}
	}
	return t, nil
}

// client makes a client that follows no redirect.
func (c *TimestamperConfig) client() *http.Client {
	transport := newTransport(net.Dialer{}, c.Roots)
	transport.Proxy = c.Proxy.otherwise(http.ProxyFromEnvironment)
	return &http.Client{Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// clientFor gives the client for a TSA, and the credentials for it.
func (t *Timestamper) clientFor(address string) (*http.Client, Credentials) {
	if own := origin(t.config.URLs[0]); own != "" && origin(address) == own {
		return t.known, t.config.Credentials
	}
	return t.client, Credentials{}
}

func orDefaults(timeout time.Duration, now func() time.Time,
	logger *slog.Logger) (time.Duration, func() time.Time, *slog.Logger) {
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	if now == nil {
		now = time.Now
	}
	if logger == nil {
		logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return timeout, now, logger
}

// Close ends idle connections.
func (t *Timestamper) Close() {
	t.client.CloseIdleConnections()
	t.known.CloseIdleConnections()
}

// TokenSize is the number of bytes to reserve for a token: 8 KiB, or 1 KiB more than the largest
// token so far.
func (t *Timestamper) TokenSize() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.size
}

// Timestamp asks for a token over a digest. Its error is a *pades.ServiceError whose Detail has the
// failure of every TSA that was asked, by its number in the list.
func (t *Timestamper) Timestamp(ctx context.Context, hash crypto.Hash, digest []byte) (*cms.Timestamp, error) {
	order := t.order()
	var attempts []attempt
	for n, i := range order {
		token, failed := t.ask(ctx, i, t.share(ctx, len(order)-n), cms.TimestampRequest{Hash: hash, Imprint: digest})
		if failed == nil {
			t.succeeded(i, len(token.Raw))
			for _, earlier := range attempts {
				t.config.Log.WarnContext(ctx, "another TSA answered", "error", earlier.answerError)
			}
			return token, nil
		}
		attempts = append(attempts,
			attempt{roleTSA, &answerError{fmt.Sprintf("TSA %d: %s", i+1, failed.detail), failed.retry, failed.err}})
		if ctx.Err() != nil {
			break // the caller has left, which is not this TSA's failure
		}
		t.failing(i)
	}
	return nil, gather("", attempts)
}

// order gives the TSAs by their index in the list, those that failed lately last.
func (t *Timestamper) order() []int {
	t.mu.Lock()
	defer t.mu.Unlock()
	var well, bad []int
	now := t.config.Now()
	for i, at := range t.failed {
		if at.IsZero() || now.Sub(at) >= badRest {
			well = append(well, i)
		} else {
			bad = append(bad, i)
		}
	}
	return append(well, bad...)
}

// share gives the time for the next TSA when so many are left.
func (t *Timestamper) share(ctx context.Context, left int) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return t.config.Timeout
	}
	return min(t.config.Timeout, time.Until(deadline)/time.Duration(left))
}

func (t *Timestamper) succeeded(i, size int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed[i] = time.Time{}
	t.size = max(t.size, size+tokenSlack)
}

func (t *Timestamper) failing(i int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed[i] = t.config.Now()
}
