package cloudtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"influxion/handler/internal/blobtest"
	"influxion/handler/internal/entratest"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/queuetest"
	"influxion/handler/internal/storagetest"
	"influxion/handler/internal/trusttest"
)

// The host names that the handler uses. The proxy knows no others.
const (
	loginHost = "login.microsoftonline.com"
	vaultHost = "influxion-local.vault.azure.net"
	blobHost  = "influxionlocal.blob.core.windows.net"
	queueHost = "influxionlocal.queue.core.windows.net"

	blobPage = 5000 // blobs that Azure lists in one answer

	otherVaultHost = "influxion-other.vault.azure.net" // for one misconfiguration only
)

// Config configures a Cloud. The zero Config is complete.
type Config struct {
	// Addr is the address of the plain HTTP services. It must be a loopback address; "" = 127.0.0.1
	// and any free port.
	Addr            string
	CertificateName string // "" = company-seal
	// HeldName is the name of a second signing certificate, whose key never leaves the vault's HSM;
	// "" = there is none.
	HeldName      string
	Algorithm     pkitest.Algorithm   // of the signing keys; "" = RSA-2048
	Format        keyvaulttest.Format // of the vault's secret; "" = PKCS#12
	TokenVersion  int                 // requestedAccessTokenVersion of the API; 0 = 2
	Identity      Identity            // how the handler signs in to the vault
	CacheTTL      time.Duration       // INFLUXION_CERTIFICATE_CACHE_TTL; 0 = the handler's default
	Now           func() time.Time    // of Entra, the vault and the CA; nil = time.Now
	Misconfigured Misconfiguration    // one misconfiguration; "" = none
	// HashSigning sets INFLUXION_HASH_SIGNING and gives Client the app role hash.<CertificateName>.
	HashSigning bool
	// CertificateRoles sets INFLUXION_CERTIFICATE_ROLES and gives Client the app role
	// sign.<CertificateName>. Users have no role.
	CertificateRoles bool
	// AuditContainer sets INFLUXION_AUDIT_CONTAINER to the container of Blobs.
	AuditContainer bool
	// Jobs sets INFLUXION_JOBS_STORAGE_URL to Blobs, and what the Functions host needs for Queues.
	Jobs bool
	// Emulator stores blobs and queues, in place of Blobs and Queue; nil = they store them.
	Emulator *Emulator
	// Disturb, if not nil, wraps the storage, so that a test can disturb it. It wraps the emulator
	// too.
	Disturb func(http.Handler) http.Handler
}

// Identity is a way in which the handler signs in to the vault.
type Identity string

// The ways of signing in: docs/azure-setup.md. The zero Identity is SystemAssigned.
const (
	SystemAssigned   Identity = ""
	UserAssigned     Identity = "user-assigned"
	ServicePrincipal Identity = "service principal"
)

// Cloud is a running local Azure. Its fields do not change. Safe for concurrent use.
type Cloud struct {
	Entra *entratest.Server
	Vault *keyvaulttest.Vault
	Blobs *blobtest.Server    // with the containers audit, templates, records, inbox and results
	Queue *queuetest.Server   // with the queue of jobs
	Trust *trusttest.Services // issues the signing certificates; its root is the only anchor
	Directory

	CertificateName string

	config    Config
	directory string // temporary, for the root's PEM file
	servers
	current   current
	workloads workloads
}

// servers are the listening servers.
type servers struct {
	plain   *service // managed identity, token endpoint and control, over HTTP
	login   *service // over TLS
	vault   *service // over TLS
	blobs   *service // over TLS
	queues  *service // over TLS
	proxy   *service
	tunnels *tunnels
}

// Start makes keys and certificates and serves everything on loopback until ctx ends or Close is
// called.
func Start(ctx context.Context, config Config) (*Cloud, error) {
	c := &Cloud{config: withDefaults(config), Directory: newDirectory()}
	c.CertificateName = c.config.CertificateName
	err := c.build()
	if err == nil {
		err = c.serve()
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	context.AfterFunc(ctx, func() { c.Close() })
	return c, nil
}

func withDefaults(c Config) Config {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.CertificateName == "" {
		c.CertificateName = "company-seal"
	}
	if c.Algorithm == "" {
		c.Algorithm = pkitest.RSA2048
	}
	if c.Format == "" {
		c.Format = keyvaulttest.Modern
	}
	if c.TokenVersion == 0 {
		c.TokenVersion = 2
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// build makes the services.
func (c *Cloud) build() error {
	var err error
	if c.Entra, err = entratest.New(c.registrations()); err != nil {
		return fmt.Errorf("entra: %w", err)
	}
	c.Vault = keyvaulttest.New(keyvaulttest.Config{
		BaseURL: "https://" + vaultHost, TenantID: c.TenantID, AuthorityHost: "https://" + loginHost,
		Authorize: c.authorizeVault, Now: c.config.Now,
	})
	door := storagetest.Door{TenantID: c.TenantID, Authorize: c.authorizeStorage}
	c.Blobs = blobtest.New(blobtest.Config{Door: door, Container: auditContainer, Others: otherContainers,
		Page: blobPage})
	c.Queue = queuetest.New(queuetest.Config{Door: door, Queues: queueNames, Now: c.config.Now})
	if c.Trust, err = trusttest.New(trusttest.Config{Name: "Local Azure (no trust)", Now: c.config.Now}); err != nil {
		return fmt.Errorf("trust services: %w", err)
	}
	if c.directory, err = os.MkdirTemp("", "influxion-cloud-"); err != nil {
		return err
	}
	if err := os.WriteFile(c.RootFile(), pkitest.PEM(c.Root()), 0o600); err != nil {
		return err
	}
	if err := c.putCertificate(c.Vault.PutCertificate); err != nil {
		return err
	}
	if c.config.HeldName != "" {
		if _, err := c.holdCertificate(c.config.HeldName, c.config.Algorithm); err != nil {
			return err
		}
	}
	return c.config.Misconfigured.services(c)
}

// serve starts the servers.
func (c *Cloud) serve() error {
	certificate, err := c.Trust.Authority(trusttest.Issuing).IssueServer(c.config.Now(), loginHost, vaultHost,
		otherVaultHost, blobHost, queueHost, "127.0.0.1")
	if err != nil {
		return fmt.Errorf("server certificate: %w", err)
	}
	secure := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if c.login, err = start("127.0.0.1:0", c.dated(named("local Entra ID: no identity provider", c.Entra)),
		secure); err != nil {
		return err
	}
	if c.vault, err = start("127.0.0.1:0", c.dated(named("local Key Vault", c.vaults())), secure); err != nil {
		return err
	}
	blobs, queues, err := c.storage()
	if err != nil {
		return err
	}
	if c.blobs, err = start("127.0.0.1:0", named("local Blob Storage", blobs), secure); err != nil {
		return err
	}
	if c.queues, err = start("127.0.0.1:0", named("local Queue Storage", queues), secure); err != nil {
		return err
	}
	targets := map[string]string{loginHost + ":443": c.login.address(), vaultHost + ":443": c.vault.address(),
		blobHost + ":443": c.blobs.address(), queueHost + ":443": c.queues.address()}
	if c.config.Misconfigured == WrongVault {
		targets[otherVaultHost+":443"] = c.vault.address()
	}
	c.tunnels = newTunnels(targets)
	if c.proxy, err = start("127.0.0.1:0", named("local proxy", c.tunnels), nil); err != nil {
		return err
	}
	if c.plain, err = start(c.config.Addr, localOnly(c.plainServices()), nil); err != nil {
		return err
	}
	c.Entra.ServePages(c.URL()) // a browser on this machine would reach the real login.microsoftonline.com
	return nil
}

// azureNow is the clock of Entra ID.
func (c *Cloud) azureNow() time.Time {
	if c.config.Misconfigured == ClockSkew {
		return c.config.Now().Add(clockSkew)
	}
	return c.config.Now()
}

// dated sets the Date of answers by the clock of azureNow.
func (c *Cloud) dated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", c.azureNow().UTC().Format(http.TimeFormat))
		next.ServeHTTP(w, r)
	})
}

// vaults serves the vault and, under otherVaultHost, an empty vault.
func (c *Cloud) vaults() http.Handler {
	other := keyvaulttest.New(keyvaulttest.Config{
		BaseURL: "https://" + otherVaultHost, TenantID: c.TenantID, AuthorityHost: "https://" + loginHost,
		Authorize: c.authorizeVault, Now: c.config.Now,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == otherVaultHost {
			other.ServeHTTP(w, r)
			return
		}
		c.Vault.ServeHTTP(w, r)
	})
}

// plainServices are the services that people and the handler reach without TLS, over loopback only.
func (c *Cloud) plainServices() http.Handler {
	mux := http.NewServeMux()
	identity := func(secret string, identities ...entratest.Identity) http.Handler {
		return named("local managed identity: no identity provider", c.Entra.IdentityOf(secret, identities...))
	}
	mux.Handle("GET "+identityPath, identity(c.identitySecret, c.handlerIdentity()...))
	mux.Handle("GET "+clientIdentityPath, identity(c.clientSecret, c.registrations().Identities...))
	mux.Handle("/", named("local Entra ID: no identity provider", c.Entra)) // for curl, az and browsers
	mux.Handle("/control", named("local control", c.control()))
	mux.Handle("/control/", named("local control", c.control()))
	return mux
}

// Root is the trust anchor of every certificate of the cloud.
func (c *Cloud) Root() *x509.Certificate { return c.Trust.Root }

// RootFile is the path of the root certificate in PEM. The file exists until Close.
func (c *Cloud) RootFile() string { return filepath.Join(c.directory, "root.pem") }

// URL is the address of the plain HTTP services.
func (c *Cloud) URL() string { return "http://" + c.plain.address() }

// TokenURL is the token endpoint over plain HTTP, for curl.
func (c *Cloud) TokenURL() string { return c.URL() + "/" + c.TenantID + "/oauth2/v2.0/token" }

// Close ends every server and connection and removes the temporary files. It may be called several
// times.
func (c *Cloud) Close() error {
	if c.Vault != nil {
		c.Vault.ClearFault() // releases the requests that a slow vault blocks
		c.Blobs.Clear()
		c.Queue.Clear()
	}
	for _, s := range []*service{c.plain, c.proxy, c.login, c.vault, c.blobs, c.queues, c.workloads.stop()} {
		s.close()
	}
	c.tunnels.close()
	if c.Trust != nil {
		c.Trust.Close()
	}
	if c.directory == "" {
		return nil
	}
	return os.RemoveAll(c.directory)
}
