package keyvault

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"influxion/handler/internal/keyvault/connection"
	"influxion/handler/internal/signing"
)

// Config configures a Source. A zero value of an optional field stands for the documented default.
type Config struct {
	VaultURL   string                 // https://<vault host>; required
	Credential azcore.TokenCredential // from connection.NewCredential; required
	// for errors that no caller receives, such as those of background refreshes; required
	Logger *slog.Logger
	Now    func() time.Time // required

	TTL time.Duration // how long a certificate is used before the vault must be asked again; default 10 minutes
	// StaleFor is how long after the last good answer a certificate is used while the vault is
	// down; default 1 hour.
	StaleFor time.Duration
	// Probes are the names of secrets that Ready asks for, until the vault answers about one.
	// They need not exist, because "no such secret" is an answer too. If the identity has rights on
	// single secrets only, one of those must be among them. Default: a name that nobody uses.
	Probes []string

	Keys KeyConfig // for private keys that stay in the vault

	Transport  http.RoundTripper // default: TLS 1.2 or later, the environment's proxy, and time-outs
	Deadline   time.Duration     // of one fetch including retries; default 8 seconds
	TryTimeout time.Duration     // of one request; default 3 seconds
	RetryDelay time.Duration     // before the first retry; it grows to ten times as much; default 200 ms
}

// The defaults of Config, and the bounds of the caches. Without an allow-list the names come from
// callers, so an attacker can fill the caches up to these bounds.
const (
	defaultTTL      = 10 * time.Minute
	defaultStaleFor = time.Hour
	defaultDeadline = 8 * time.Second
	defaultProbe    = "influxion-ready"

	maxCertificates = 256
	maxRefusals     = 1024
	maxCalls        = 32

	namesTTL = time.Minute
)

// Source fetches certificates from one vault. It implements signing.CertificateSource and is safe
// for concurrent use. Close ends its background work.
type Source struct {
	lifetime
	clients  clients
	store    *keyStore
	keys     KeyConfig
	rotation *rotation
	expiry   *expiry
	logger   *slog.Logger
	probes   []string

	certificates *cache[secretKey, *signing.Certificate]
	names        *cache[struct{}, []string]
	cancel       context.CancelFunc
}

// secretKey identifies one version of one secret, in lower case because vault names are
// case-insensitive. An empty version is the current one.
type secretKey struct{ name, version string }

// New makes a Source. It does no network I/O. It returns an error for an unfit URL, an unfit probe
// name or a missing required field.
func New(config Config) (*Source, error) {
	vault, err := vaultURL(config.VaultURL)
	if err != nil {
		return nil, err
	}
	if config.Credential == nil || config.Logger == nil || config.Now == nil {
		return nil, errors.New("keyvault: Credential, Logger and Now are required")
	}
	config = config.withDefaults()
	for _, probe := range config.Probes {
		if !signing.ValidCertificateName(probe) {
			return nil, errors.New("keyvault: a probe is not a vault object name")
		}
	}
	s := &Source{keys: config.Keys, rotation: newRotation(config.Logger), logger: config.Logger, probes: config.Probes,
		expiry: &expiry{logger: config.Logger, warned: map[string]int{}}}
	if s.clients, err = newClients(vault, config); err != nil {
		return nil, err
	}
	keys := vault
	if config.Keys.URL != "" {
		if keys, err = vaultURL(config.Keys.URL); err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
	}
	if s.store, err = newKeyStore(keys, config); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.lifetime = lifetime{ctx: ctx, running: new(sync.WaitGroup), now: config.Now, deadline: config.Deadline}
	s.startCaches(config)
	return s, nil
}

func (s *Source) startCaches(config Config) {
	s.certificates = newCache(s.lifetime, rules[secretKey, *signing.Certificate]{
		fresh: config.TTL / 2, ttl: config.TTL, staleFor: max(config.StaleFor, config.TTL),
		maxValues: maxCertificates, maxRefusals: maxRefusals, maxCalls: maxCalls,
		fetch: s.fetchCertificate, concerns: concernsCertificate, failed: s.logCertificate,
	})
	s.names = newCache(s.lifetime, rules[struct{}, []string]{
		fresh: namesTTL / 2, ttl: namesTTL, staleFor: max(config.StaleFor, namesTTL),
		maxValues: 1, maxRefusals: 1, maxCalls: 1,
		fetch: s.fetchNames, failed: s.logNames,
	})
}

func (c Config) withDefaults() Config {
	set := func(value *time.Duration, otherwise time.Duration) {
		if *value <= 0 {
			*value = otherwise
		}
	}
	set(&c.TTL, defaultTTL)
	set(&c.StaleFor, defaultStaleFor)
	set(&c.Deadline, defaultDeadline)
	set(&c.TryTimeout, connection.TryTimeout)
	set(&c.RetryDelay, connection.RetryDelay)
	if c.Keys.Mode == "" {
		c.Keys.Mode = KeysAuto
	}
	files := map[string][]*x509.Certificate{}
	for name, chain := range c.Keys.Files {
		files[strings.ToLower(name)] = chain
	}
	c.Keys.Files = files
	if c.Keys.Limits.Jitter == nil {
		c.Keys.Limits.Jitter = func() float64 { return rand.Float64() / 4 }
	}
	if len(c.Probes) == 0 {
		c.Probes = []string{defaultProbe}
	}
	if c.Transport == nil {
		c.Transport = connection.NewTransport()
	}
	return c
}

// CheckVaultURL returns an error if the address is unfit for Config.VaultURL.
func CheckVaultURL(address string) error {
	_, err := vaultURL(address)
	return err
}

// vaultURL parses the address of a vault and drops a trailing slash. It refuses a port and an IP
// address: with them the SDK would refuse each request, because it checks that the vault's
// challenge belongs to the vault.
func vaultURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("vault URL: not a URL")
	case u.Scheme != "https":
		return nil, errors.New("vault URL: must begin with https://")
	case u.Hostname() == "" || u.Host != u.Hostname() || !strings.Contains(u.Host, ".") ||
		strings.Trim(u.Host, "0123456789.") == "":
		return nil, errors.New("vault URL: must name the vault by its host name, without a port")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, errors.New("vault URL: must be only a scheme and a host name")
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}, nil
}

// Certificate returns the certificate with that name in that version, or the current version if
// version is empty. It makes no request while the cached answer is fresh. Its errors are
// *signing.Error.
func (s *Source) Certificate(ctx context.Context, name, version string) (*signing.Certificate, error) {
	// The cache has only names that passed the full check below, so this cheap check is enough for
	// a hit. A name that is shorter in lower case has a letter that became an ASCII letter.
	key := secretKey{strings.ToLower(name), strings.ToLower(version)}
	if len(name) <= 127 && len(version) <= 32 && len(key.name) == len(name) && len(key.version) == len(version) {
		if certificate, ok := s.certificates.hit(key); ok {
			return certificate, nil
		}
		if signing.ValidCertificateName(name) && (version == "" || signing.ValidCertificateVersion(version)) {
			return s.certificates.get(ctx, key)
		}
	}
	return nil, signing.CertificateNotFound(errors.New("not a name and version that a vault can hold"))
}

// Names returns the names of the enabled secrets that back a certificate, sorted. It needs the
// identity's right to list secrets. Its errors are *signing.Error.
func (s *Source) Names(ctx context.Context) ([]string, error) {
	names, err := s.names.get(ctx, struct{}{})
	return slices.Clone(names), err
}

// Ready checks that the vault answers requests of our identity. It asks the vault on every call, so
// the caller must cache the result. An answer that a probe does not exist is good enough. A missing
// right on one of several probes is no fault of the vault. Its errors are *signing.Error.
func (s *Source) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.deadline)
	defer cancel()
	var first *refusal
	for _, probe := range s.probes {
		refused := s.tryVault(ctx, probe)
		if refused == nil || refused.err.Kind == signing.NotFound {
			return nil
		}
		if first == nil {
			first = refused
		}
		if !refused.final {
			break // in an outage each of the others would wait as long, and fail as well
		}
	}
	return first.err
}

// tryVault asks for a probe with the same operation that fetches certificates.
func (s *Source) tryVault(ctx context.Context, probe string) *refusal {
	switch {
	case s.keys.URL != "" && len(s.keys.Files) > 0:
		_, err := asked(func() (azkeys.GetKeyResponse, error) { return s.store.client.GetKey(ctx, probe, "", nil) })
		return refusedBy(getKey, err)
	case s.inVault():
		_, err := asked(func() (azcertificates.GetCertificateResponse, error) {
			return s.clients.certificates.GetCertificate(ctx, probe, "", nil)
		})
		return refusedBy(getCertificate, err)
	}
	_, refused := s.secret(ctx, probe, "")
	return refused
}

func refusedBy(op operation, err error) *refusal {
	if err == nil {
		return nil
	}
	return refusalOf(op, err)
}

// inVault reports whether secrets are never read.
func (s *Source) inVault() bool { return s.keys.Mode == KeysInVault || s.keys.URL != "" }

// secret fetches a secret from the vault.
func (s *Source) secret(ctx context.Context, name, version string) (*azsecrets.Secret, *refusal) {
	response, err := asked(
		func() (azsecrets.GetSecretResponse, error) {
			return s.clients.secrets.GetSecret(ctx, name, version, nil)
		})
	if err != nil {
		return nil, refusalOf(getSecret, err)
	}
	return &response.Secret, nil
}

// Close ends background refreshes and waits for them. After Close, Certificate still returns cached
// certificates but fetches none.
func (s *Source) Close() {
	s.certificates.close()
	s.names.close()
	s.cancel()
	s.running.Wait()
}

func (s *Source) logCertificate(key secretKey, refused *refusal, stale bool) {
	level := slog.LevelWarn
	if refused.final {
		level = slog.LevelError
	}
	s.logger.Log(context.Background(), level, "certificate not refreshed", "certificate", key.name, "version",
		key.version,
		"served_stale", stale, "error", refused.err.Error())
}

func (s *Source) logNames(_ struct{}, refused *refusal, stale bool) {
	s.logger.Warn("certificate names not refreshed", "served_stale", stale, "error", refused.err.Error())
}

// concernsCertificate reports whether a refusal of the key asked also drops the certificate under
// the key cached. The refusal of one version does not concern the others: a caller who
// asks for versions that do not exist must not empty the cache.
func concernsCertificate(asked, cached secretKey, certificate *signing.Certificate) bool {
	if asked.name != cached.name {
		return false
	}
	return asked.version == "" || asked.version == cached.version ||
		strings.EqualFold(asked.version, certificate.Version)
}

var _ signing.CertificateSource = (*Source)(nil)
