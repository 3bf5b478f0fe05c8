package trustservices_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/logtest"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

func TestTimestamp(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []pkitest.Algorithm{pkitest.RSA2048, pkitest.P256, pkitest.P384, pkitest.P521} {
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			t.Run(string(algorithm)+" "+hash.String(), func(t *testing.T) {
				t.Parallel()
				services := startTrust(t, trusttest.Config{TSAAlgorithm: algorithm})
				timestamper := newTimestamper(t, trustservices.TimestamperConfig{
					URLs: []string{services.TSAURL()}, Anchors: pool(services.Root),
				})
				h := hash.New()
				h.Write([]byte("a signature value"))
				token, err := timestamper.Timestamp(t.Context(), hash, h.Sum(nil))
				if err != nil {
					t.Fatal(err)
				}
				if err := token.Verify(h.Sum(nil)); err != nil {
					t.Errorf("got %v, want a token that verifies", err)
				}
				if signer, err := token.Signer(); err != nil || !signer.Equal(services.TSAChain()[0]) {
					t.Errorf("got another signer or %v, want the TSA", err)
				}
				if token.Nonce == nil || token.Nonce.BitLen() < 32 {
					t.Errorf("got the nonce %v, want 64 random bits", token.Nonce)
				}
			})
		}
	}
}

// TestTimestampFaults makes the TSA fail in every way that it can.
func TestTimestampFaults(t *testing.T) {
	t.Parallel()
	const untrusted = "its certificate does not lead to a trust anchor for timestamping"
	for _, c := range []struct {
		fault  trusttest.Fault
		detail string // a part of it; "" = no failure at all
		retry  bool
	}{
		{trusttest.Fault{Kind: trusttest.GrantedWithMods}, "", false},
		{trusttest.Fault{Kind: trusttest.Refusal, Failure: trusttest.BadAlg}, "refused: rejection, badAlg", false},
		{trusttest.Fault{Kind: trusttest.Refusal, Failure: trusttest.BadRequest}, "refused: rejection, badRequest",
			false},
		{trusttest.Fault{Kind: trusttest.Refusal, Failure: trusttest.BadDataFormat},
			"refused: rejection, badDataFormat", false},
		{trusttest.Fault{Kind: trusttest.Refusal, Failure: trusttest.TimeNotAvailable},
			"refused: rejection, timeNotAvailable", true},
		{trusttest.Fault{Kind: trusttest.Refusal, Failure: trusttest.UnacceptedPolicy},
			"refused: rejection, unacceptedPolicy", false},
		{trusttest.Fault{Kind: trusttest.Refusal, Failure: trusttest.UnacceptedExtension},
			"refused: rejection, unacceptedExtension", false},
		{trusttest.Fault{Kind: trusttest.Refusal, Failure: trusttest.AddInfoNotAvailable},
			"refused: rejection, addInfoNotAvailable", false},
		{trusttest.Fault{Kind: trusttest.Refusal, Failure: trusttest.SystemFailure},
			"refused: rejection, systemFailure", true},
		{trusttest.Fault{Kind: trusttest.Refusal, Failure: -1}, "refused: rejection", false},
		{trusttest.Fault{Kind: trusttest.RefusalWithToken}, "refused: rejection, badRequest", false},
		{trusttest.Fault{Kind: trusttest.WrongNonce}, "nonce", false},
		{trusttest.Fault{Kind: trusttest.NoNonce}, "nonce", false},
		{trusttest.Fault{Kind: trusttest.WrongImprint}, "other data", false},
		{trusttest.Fault{Kind: trusttest.WrongHash}, "other data", false},
		{trusttest.Fault{Kind: trusttest.WrongSignature}, "signature", false},
		{trusttest.Fault{Kind: trusttest.WrongReference}, "not the signer's", false},
		{trusttest.Fault{Kind: trusttest.WrongTime}, "time that is not the present", false},
		{trusttest.Fault{Kind: trusttest.ExpiredTSA}, untrusted, false},
		{trusttest.Fault{Kind: trusttest.Untrusted}, untrusted, false},
		{trusttest.Fault{Kind: trusttest.NoIntermediate}, untrusted, false},
		{trusttest.Fault{Kind: trusttest.NoPurpose}, "not for timestamping only", false},
		{trusttest.Fault{Kind: trusttest.ExtraPurpose}, "not for timestamping only", false},
		{trusttest.Fault{Kind: trusttest.PurposeMild}, "not critical", false},
		{trusttest.Fault{Kind: trusttest.NoCertificates}, "certificate", false},
		{trusttest.Fault{Kind: trusttest.Down}, "cannot be reached", true},
		{trusttest.Fault{Kind: trusttest.Slow}, "timed out", true},
		{trusttest.Fault{Kind: trusttest.SlowBody}, "timed out", true},
		{trusttest.Fault{Kind: trusttest.ServerError}, "answered with HTTP status 500", true},
		{trusttest.Fault{Kind: trusttest.NotFound}, "answered with HTTP status 404", false},
		{trusttest.Fault{Kind: trusttest.Redirect, Location: "http://elsewhere.example.org/"},
			"answered with HTTP status 302", false},
		{trusttest.Fault{Kind: trusttest.Garbage}, "not exactly one ASN.1 element", false},
		{trusttest.Fault{Kind: trusttest.Empty}, "not exactly one ASN.1 element", false},
		{trusttest.Fault{Kind: trusttest.Truncated}, "not exactly one ASN.1 element", false},
		{trusttest.Fault{Kind: trusttest.Trailing}, "not exactly one ASN.1 element", false},
		{trusttest.Fault{Kind: trusttest.Huge}, "answered with more than 64 KiB", false},
		{trusttest.Fault{Kind: trusttest.WrongType}, "another content type", false},
		{trusttest.Fault{Kind: trusttest.NoType}, "another content type", false},
	} {
		name := string(c.fault.Kind)
		if c.fault.Kind == trusttest.Refusal {
			name = c.detail
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			services := startTrust(t, trusttest.Config{})
			config := trustservices.TimestamperConfig{URLs: []string{services.TSAURL()}, Anchors: pool(services.Root)}
			if c.fault.Kind == trusttest.Slow || c.fault.Kind == trusttest.SlowBody {
				config.Timeout = 100 * time.Millisecond
			}
			services.Fault(trusttest.TSA, c.fault)
			_, err := timestamp(t, newTimestamper(t, config))
			if c.detail == "" {
				if err != nil {
					t.Errorf("got %v, want a token", err)
				}
				return
			}
			got := refused(t, err)
			if got.Service != "TSA" || !strings.HasPrefix(got.Detail, "TSA 1: ") ||
				!strings.Contains(got.Detail, c.detail) || got.Retry != c.retry {
				t.Errorf("got %s, %q, retry %v, want %q, retry %v", got.Service, got.Detail, got.Retry, c.detail,
					c.retry)
			}
		})
	}
}

func TestOtherTSAsHelp(t *testing.T) {
	t.Parallel()
	now := newClock()
	first, second := startTrust(t, trusttest.Config{Now: now.Now}), startTrust(t, trusttest.Config{Now: now.Now})
	var log logtest.Log
	timestamper := newTimestamper(t, trustservices.TimestamperConfig{
		URLs: []string{first.TSAURL() + "?key=secret", second.TSAURL()}, Anchors: pool(first.Root, second.Root),
		Now: now.Now, Log: log.Logger(),
	})
	requests := func(step string, one, two int) {
		t.Helper()
		if a, b := first.Requests(trusttest.TSA), second.Requests(trusttest.TSA); a != one || b != two {
			t.Errorf("%s: got %d and %d requests, want %d and %d", step, a, b, one, two)
		}
	}
	ask := func() {
		t.Helper()
		if _, err := timestamp(t, timestamper); err != nil {
			t.Error(err)
		}
	}
	ask()
	requests("well", 1, 0)
	first.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Down})
	ask()
	requests("the first fails", 2, 1)
	if got := log.String(); !strings.Contains(got, "TSA 1: cannot be reached") || strings.Contains(got, "secret") {
		t.Errorf("got the log %q, want the cause without the address", got)
	}
	ask()
	requests("it is remembered", 2, 2)
	second.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Refusal, Failure: trusttest.SystemFailure})
	_, err := timestamp(t, timestamper)
	const want = "TSA 2: refused: rejection, systemFailure (the request cannot be handled due to a failure of " +
		"its system); " +
		"TSA 1: cannot be reached"
	if got := refused(t, err); got.Detail != want || !got.Retry {
		t.Errorf("got %q, want %q", got.Detail, want)
	}
	requests("both fail", 3, 3)
	first.ClearFault(trusttest.TSA)
	second.ClearFault(trusttest.TSA)
	ask()
	requests("the first again, both being bad", 4, 3)
	ask()
	requests("it has recovered", 5, 3)
	first.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Down})
	ask()
	requests("the second has not", 6, 4)
	first.ClearFault(trusttest.TSA)
	now.Advance(trustservices.BadRest)
	ask()
	requests("it is forgotten", 7, 4)
}

// TestDeadlineIsShared has a TSA that hangs. The next TSA has to answer within the caller's time.
func TestDeadlineIsShared(t *testing.T) {
	t.Parallel()
	first, second := startTrust(t, trusttest.Config{}), startTrust(t, trusttest.Config{})
	first.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Slow})
	timestamper := newTimestamper(t, trustservices.TimestamperConfig{
		URLs: []string{first.TSAURL(), second.TSAURL()}, Anchors: pool(second.Root), Timeout: time.Hour,
	})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if _, err := timestamper.Timestamp(ctx, crypto.SHA256, make([]byte, 32)); err != nil {
		t.Errorf("got %v, want the second TSA's token", err)
	}
}

func TestNoTSAIsBlamedForACallerWhoLeaves(t *testing.T) {
	t.Parallel()
	first, second := startTrust(t, trusttest.Config{}), startTrust(t, trusttest.Config{})
	timestamper := newTimestamper(t, trustservices.TimestamperConfig{
		URLs: []string{first.TSAURL(), second.TSAURL()}, Anchors: pool(first.Root, second.Root),
	})
	first.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Slow})
	ctx, cancel := context.WithCancel(t.Context())
	started := first.Started(trusttest.TSA)
	go func() { <-started; cancel() }()
	_, err := timestamper.Timestamp(ctx, crypto.SHA256, make([]byte, 32))
	if got := refused(t, err); got.Detail != "TSA 1: the request ended before it answered" || !got.Retry {
		t.Errorf("got %q, want the caller's own end", got.Detail)
	}
	first.ClearFault(trusttest.TSA)
	if _, err := timestamp(t, timestamper); err != nil {
		t.Error(err)
	}
	if got := second.Requests(trusttest.TSA); got != 0 {
		t.Errorf("got %d requests to the second TSA, want none", got)
	}
}

func TestTimeMustBeThePresent(t *testing.T) {
	t.Parallel()
	theirs := newClock()
	services := startTrust(t, trusttest.Config{Now: theirs.Now})
	at := theirs.Now()
	for name, c := range map[string]struct {
		ours time.Time
		good bool
	}{
		"the same":          {at, true},
		"5 minutes ahead":   {at.Add(5 * time.Minute), true},
		"5 minutes behind":  {at.Add(-5 * time.Minute), true},
		"more than 5 ahead": {at.Add(5*time.Minute + time.Second), false},
		"more than behind":  {at.Add(-5*time.Minute - time.Second), false},
	} {
		timestamper := newTimestamper(t, trustservices.TimestamperConfig{
			URLs: []string{services.TSAURL()}, Anchors: pool(services.Root), Now: func() time.Time { return c.ours },
		})
		if _, err := timestamp(t, timestamper); (err == nil) != c.good {
			t.Errorf("%s: got %v, want accepted: %v", name, err, c.good)
		}
	}
}

// TestChainIsJudgedAtGenTime: an authority that expires later is accepted, by the TSA's clock and
// not by the machine's.
func TestChainIsJudgedAtGenTime(t *testing.T) {
	t.Parallel()
	past := func() time.Time { return time.Now().AddDate(-20, 0, 0) }
	services := startTrust(t, trusttest.Config{Now: past})
	timestamper := newTimestamper(t, trustservices.TimestamperConfig{
		URLs: []string{services.TSAURL()}, Anchors: pool(services.Root), Now: past,
	})
	if _, err := timestamp(t, timestamper); err != nil {
		t.Errorf("got %v, want a token of a chain that has expired since", err)
	}
}

func TestSystemRootsAreTheDefault(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	_, err := timestamp(t, newTimestamper(t, trustservices.TimestamperConfig{URLs: []string{services.TSAURL()}}))
	if got := refused(t, err); !strings.Contains(got.Detail, "trust anchor") {
		t.Errorf("got %q, want a chain that is not trusted", got.Detail)
	}
}

func TestIntermediatesAreFetched(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	services.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.NoIntermediate})
	source := newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	config := trustservices.TimestamperConfig{URLs: []string{services.TSAURL()}, Anchors: pool(services.Root),
		Issuers: source.Issuers}
	if _, err := timestamp(t, newTimestamper(t, config)); err != nil {
		t.Errorf("got %v, want the intermediate to be fetched", err)
	}
	services.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Untrusted})
	_, err := timestamp(t, newTimestamper(t, config))
	if got := refused(t, err); !strings.Contains(got.Detail, "trust anchor") {
		t.Errorf("got %q, want a chain that is not trusted", got.Detail)
	}
	if got := services.Requests(trusttest.Issuers); got != 1 {
		t.Errorf("got %d requests for certificates, want 1", got)
	}
}

// TestMissingIntermediates: the certificate above those in the token is fetched, up to a limit.
func TestMissingIntermediates(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	tsa, key := tsaBelow(t, services, 3)
	services.UseTSA(tsa[:4], key) // the token brings three of five
	for name, c := range map[string]struct {
		answer []*x509.Certificate
		good   bool
		asked  int
	}{"found": {tsa[3:4], true, 1}, "useless": {services.TSAChain()[:1], false, 2}, "none": {nil, false, 1}} {
		var asked []*x509.Certificate
		timestamper := newTimestamper(t, trustservices.TimestamperConfig{
			URLs: []string{services.TSAURL()}, Anchors: pool(services.Root),
			Issuers: func(_ context.Context, about *x509.Certificate) ([]*x509.Certificate, error) {
				asked = append(asked, about)
				return c.answer, nil
			},
		})
		_, err := timestamp(t, timestamper)
		if (err == nil) != c.good || len(asked) != c.asked || !asked[0].Equal(tsa[2]) {
			t.Errorf("%s: got %v after %d questions, want accepted %v after %d about the highest that is known",
				name, err, len(asked), c.good, c.asked)
		}
	}
}

// The time limit of a TSA includes fetching its intermediates. The server of the intermediates may
// work again later.
func TestIntermediatesAreInTheTimeOfTheTSA(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	services.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.NoIntermediate})
	var arrived, deadline time.Time
	tsa := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived = time.Now()
		services.ServeHTTP(w, r)
	}))
	defer tsa.Close()
	for _, retry := range []bool{true, false} {
		_, err := timestamp(t, newTimestamper(t, trustservices.TimestamperConfig{
			URLs: []string{tsa.URL + "/tsa"}, Anchors: pool(services.Root), Timeout: time.Hour,
			Issuers: func(ctx context.Context, _ *x509.Certificate) ([]*x509.Certificate, error) {
				deadline, _ = ctx.Deadline()
				return nil, &pades.ServiceError{Service: "CA issuers", Retry: retry}
			},
		}))
		if got := refused(t, err); got.Retry != retry {
			t.Errorf("got retry %v, want %v", got.Retry, retry)
		}
		if deadline.IsZero() || deadline.After(arrived.Add(time.Hour)) {
			t.Errorf("got until %v for intermediates, want an hour for all from before %v", deadline, arrived)
		}
	}
}

// tsaBelow makes a TSA with depth intermediates between it and the root. edit changes the templates
// of the intermediates.
func tsaBelow(t *testing.T, services *trusttest.Services, depth int,
	edit ...func(*x509.Certificate)) ([]*x509.Certificate, crypto.Signer) {
	t.Helper()
	issuer := services.Authority(trusttest.Root)
	newKey := func() crypto.Signer {
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	for n := range depth {
		template := *services.Authority(trusttest.Timestamping).Chain[0]
		template.Subject.CommonName, template.RawSubject, template.SerialNumber = fmt.Sprintf("CA %d", n), nil, nil
		template.MaxPathLen, template.MaxPathLenZero, template.SubjectKeyId = -1, false, nil
		for _, change := range edit {
			change(&template)
		}
		key := newKey()
		chain, err := issuer.Issue(&template, key.Public())
		if err != nil {
			t.Fatal(err)
		}
		issuer = &pkitest.Authority{Chain: chain, Key: key}
	}
	key := newKey()
	chain, err := issuer.Issue(trusttest.TSATemplate("Deep TSA", time.Now()), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return chain, key
}

// TestAuthoritiesMayBeForOtherPurposes: a TSA is refused if an intermediate above it is restricted
// to a purpose other than timestamping.
func TestAuthoritiesMayBeForOtherPurposes(t *testing.T) {
	t.Parallel()
	for purpose, good := range map[x509.ExtKeyUsage]bool{x509.ExtKeyUsageTimeStamping: true,
		x509.ExtKeyUsageEmailProtection: false} {
		services := startTrust(t, trusttest.Config{})
		services.UseTSA(tsaBelow(t, services, 1,
			func(template *x509.Certificate) { template.ExtKeyUsage = []x509.ExtKeyUsage{purpose} }))
		_, err := timestamp(t, newTimestamper(t,
			trustservices.TimestamperConfig{URLs: []string{services.TSAURL()}, Anchors: pool(services.Root)}))
		if (err == nil) != good {
			t.Errorf("purpose %d: got %v, want accepted: %v", purpose, err, good)
		}
	}
}

// TestFailureIsForgottenWithSuccess: a TSA that works again is asked first, although it failed
// later than the others.
func TestFailureIsForgottenWithSuccess(t *testing.T) {
	t.Parallel()
	now := newClock()
	var all []*trusttest.Services
	config := trustservices.TimestamperConfig{Now: now.Now, Anchors: x509.NewCertPool()}
	for range 3 {
		services := startTrust(t, trusttest.Config{Now: now.Now})
		all = append(all, services)
		config.URLs = append(config.URLs, services.TSAURL())
		config.Anchors.AddCert(services.Root)
	}
	timestamper := newTimestamper(t, config)
	for step, c := range []struct {
		after time.Duration
		down  []int
		asked [3]int
	}{
		{0, []int{0}, [3]int{1, 1, 0}},
		{30 * time.Second, []int{0, 1}, [3]int{0, 1, 1}},
		{31 * time.Second, []int{0, 1}, [3]int{1, 0, 1}},
		{time.Second, []int{1, 2}, [3]int{1, 0, 1}},
		{29 * time.Second, nil, [3]int{1, 0, 0}},
	} {
		now.Advance(c.after)
		var before, got [3]int
		for i, services := range all {
			services.ClearFault(trusttest.TSA)
			before[i] = services.Requests(trusttest.TSA)
		}
		for _, i := range c.down {
			all[i].Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.ServerError})
		}
		if _, err := timestamp(t, timestamper); err != nil {
			t.Errorf("step %d: %v", step, err)
		}
		for i, services := range all {
			got[i] = services.Requests(trusttest.TSA) - before[i]
		}
		if got != c.asked {
			t.Errorf("step %d: got %v requests, want %v", step, got, c.asked)
		}
	}
}

func TestTokenSizeLearns(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	timestamper := newTimestamper(t,
		trustservices.TimestamperConfig{URLs: []string{services.TSAURL()}, Anchors: pool(services.Root)})
	if got := timestamper.TokenSize(); got != 8<<10 {
		t.Errorf("got a first guess of %d, want 8 KiB", got)
	}
	if _, err := timestamp(t, timestamper); err != nil {
		t.Fatal(err)
	}
	if got := timestamper.TokenSize(); got != 8<<10 {
		t.Errorf("got %d after a small token, want 8 KiB", got)
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	template := trusttest.TSATemplate("Large TSA", time.Now())
	template.DNSNames = []string{strings.Repeat("a", 10<<10)}
	if err := services.SetTSA(template, key); err != nil {
		t.Fatal(err)
	}
	token, err := timestamp(t, timestamper)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := timestamper.TokenSize(), len(token.Raw)+trustservices.TokenSlack; got != want {
		t.Errorf("got %d after a token of %d, want %d", got, len(token.Raw), want)
	}
}

func TestTSAOverTLS(t *testing.T) {
	t.Parallel()
	authority, err := pkitest.NewRoot("TLS Root", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.IssueServer(time.Now(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	services := startTrust(t, trusttest.Config{
		Listener: tls.NewListener(plain, &tls.Config{Certificates: []tls.Certificate{certificate}}),
		URL:      "https://" + plain.Addr().String(),
	})
	for name, c := range map[string]struct {
		roots *x509.CertPool
		good  bool
	}{"its own root": {pool(authority.Root()), true}, "another root": {pool(services.Root), false},
		"the system's": {nil, false}} {
		timestamper := newTimestamper(t, trustservices.TimestamperConfig{
			URLs: []string{services.TSAURL()}, Anchors: pool(services.Root), Roots: c.roots,
		})
		if _, err := timestamp(t, timestamper); (err == nil) != c.good {
			t.Errorf("%s: got %v, want accepted: %v", name, err, c.good)
		}
	}
}

func TestRequestsThatCannotBe(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	timestamper := newTimestamper(t,
		trustservices.TimestamperConfig{URLs: []string{services.TSAURL()}, Anchors: pool(services.Root)})
	digest := sha256.Sum256(nil)
	_, err := timestamper.Timestamp(t.Context(), crypto.SHA1, digest[:20])
	if got := refused(t, err); got.Retry || services.Requests(trusttest.TSA) != 0 {
		t.Errorf("got %v and %d requests, want no retry and no request", got, services.Requests(trusttest.TSA))
	}
}

func TestTSAURLs(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"http://tsa.example.org":                    true,
		"https://tsa.example.org:8443/path?query=1": true,
		"http://10.0.0.1/tsa":                       true,
		"HTTPS://[::1]:1/":                          true,
		"":                                          false,
		"tsa.example.org":                           false,
		"/tsa":                                      false,
		"ftp://tsa.example.org":                     false,
		"file:///etc/passwd":                        false,
		"http://":                                   false,
		"http:tsa.example.org":                      false,
		"http://user:password@tsa.example.org":      false,
		"http://@tsa.example.org":                   false,
		"http://tsa.example.org/#here":              false,
		"http://tsa.example.org:0":                  false,
		"http://tsa.example.org:65536":              false,
		"http://tsa.example.org:http":               false,
		"http://tsa.example.org/\n":                 false,
		"http://tsa.example.org/" + strings.Repeat("a", 2<<10): false,
	} {
		err := trustservices.CheckTSAURL(address)
		if (err == nil) != good {
			t.Errorf("%q: got %v, want accepted: %v", address, err, good)
		}
		if err != nil && strings.Contains(err.Error(), "example.org") {
			t.Errorf("%q: got the address in %q", address, err)
		}
		if _, made := trustservices.NewTimestamper(
			trustservices.TimestamperConfig{URLs: []string{address}}); (made == nil) != good {
			t.Errorf("%q: got %v, want accepted: %v", address, made, good)
		}
	}
	if _, err := trustservices.NewTimestamper(trustservices.TimestamperConfig{}); err == nil {
		t.Error("got no error without a TSA")
	}
}
