package main

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"influxion/handler/internal/server/rate"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/storage"
	"influxion/handler/internal/trustservices"
)

const (
	prefix = "INFLUXION_"
	// portVariable is the Functions host's own name for the port that it expects the handler on.
	portVariable = "FUNCTIONS_CUSTOMHANDLER_PORT"
	// hostnameVariable is Azure's own name for the host name under which the app is called.
	hostnameVariable = "WEBSITE_HOSTNAME"
)

// config is every setting, read once at the start, in groups by what they are for. The names are
// INFLUXION_ and the tag; docs/azure-setup.md says where each value comes from,
// local.settings.json.example lists them all.
type config struct {
	Azure     azureSettings
	Access    accessSettings
	Keys      keySettings
	Documents documentSettings
	Trust     trustSettings
	TSA       tsaSettings
	Audit     auditSettings
	Renderer  rendererSettings
	Jobs      jobSettings
	Page      pageSettings
	LogLevel  slog.Level `env:"LOG_LEVEL" envDefault:"info"`

	Host hostSettings
}

// hostSettings are what the Functions host says, under names of its own.
type hostSettings struct {
	Port     int      `env:"-"` // from portVariable
	Address  string   `env:"-"` // from hostnameVariable; "" = not known
	Disabled []string `env:"-"` // functions that the host does not serve
}

// azureSettings say which registrations tokens are for, and as whom the handler signs in to Azure.
type azureSettings struct {
	TenantID      string `env:"AZURE_TENANT_ID"`
	APIClientID   string `env:"AZURE_API_CLIENT_ID"`
	Audience      string `env:"AZURE_AUDIENCE"`
	DefaultScope  string `env:"AZURE_DEFAULT_SCOPE"`
	ClientID      string `env:"AZURE_CLIENT_ID"`
	ClientSecret  string `env:"AZURE_CLIENT_SECRET"`
	AuthorityHost string `env:"AZURE_AUTHORITY_HOST" envDefault:"https://login.microsoftonline.com"`
}

// accessSettings say who may call beside the home tenant, and what callers may use.
type accessSettings struct {
	AllowedTenants      []string `env:"AZURE_ALLOWED_TENANTS"`
	AllowedClients      []string `env:"AZURE_ALLOWED_CLIENTS"`
	SigningCertificates []string `env:"SIGNING_CERTIFICATES"`
	HashSigning         bool     `env:"HASH_SIGNING"`
	CertificateRoles    bool     `env:"CERTIFICATE_ROLES"`
	TenantRoles         []string `env:"TENANT_ROLES"`
	CallerRate          string   `env:"CALLER_RATE"`

	Tenants []signing.TenantRole `env:"-"` // read from TenantRoles
	Rate    rate.Limits          `env:"-"` // read from CallerRate
}

// keySettings say where signing certificates and their keys come from.
type keySettings struct {
	VaultURL            string        `env:"VAULT_URL"`
	CertificateCacheTTL time.Duration `env:"CERTIFICATE_CACHE_TTL" envDefault:"10m"`
	KeyMode             string        `env:"KEY_MODE" envDefault:"auto"`
	KeyURL              string        `env:"KEY_URL"`
	CertificateFiles    string        `env:"CERTIFICATE_FILES"`

	Files map[string][]*x509.Certificate `env:"-"` // read from CertificateFiles
}

// documentSettings say how large documents may be and how they are signed.
type documentSettings struct {
	MaxDocumentBytes int64  `env:"MAX_DOCUMENT_BYTES" envDefault:"52428800"`
	DefaultLevel     string `env:"DEFAULT_LEVEL" envDefault:"B-B"`
	AppearanceFont   string `env:"APPEARANCE_FONT"`

	Font []byte `env:"-"` // read from AppearanceFont
}

// trustSettings say which roots are trusted, and how authorities are reached.
type trustSettings struct {
	TrustAnchors    string   `env:"TRUST_ANCHORS"`
	AllowedNetworks []string `env:"ALLOWED_NETWORKS"`
	OutboundProxy   string   `env:"OUTBOUND_PROXY"`
	OutboundHosts   []string `env:"OUTBOUND_HOSTS"`

	Anchors  []*x509.Certificate  `env:"-"` // read from TrustAnchors
	Networks []netip.Prefix       `env:"-"` // read from AllowedNetworks
	Proxy    *trustservices.Proxy `env:"-"` // read from OutboundProxy and OutboundHosts
}

// tsaSettings say which timestamp authorities are asked, and which credentials the first one
// requires.
type tsaSettings struct {
	URLs        []string `env:"TSA_URL"`
	User        string   `env:"TSA_USER"`
	Password    string   `env:"TSA_PASSWORD"`
	Key         string   `env:"TSA_API_KEY"`
	KeyHeader   string   `env:"TSA_API_KEY_HEADER" envDefault:"X-API-Key"`
	Certificate string   `env:"TSA_CLIENT_CERTIFICATE"`

	Credentials trustservices.Credentials `env:"-"` // read from User to Certificate
}

// auditSettings say where audit records go beside standard output.
type auditSettings struct {
	Container string `env:"AUDIT_CONTAINER"`
}

// rendererSettings say which service prints the documents that are made here. Without a URL no
// documents are made.
type rendererSettings struct {
	RendererURL     string `env:"RENDERER_URL"`
	RendererScope   string `env:"RENDERER_SCOPE"`
	RendererScripts bool   `env:"RENDERER_SCRIPTS"`

	TemplatesContainer string `env:"TEMPLATES_CONTAINER"`
}

// jobSettings say where jobs are kept. Without a storage account the process keeps them in memory.
type jobSettings struct {
	JobsStorageURL string        `env:"JOBS_STORAGE_URL"`
	JobsQueueURL   string        `env:"JOBS_QUEUE_URL"`
	JobsRetention  time.Duration `env:"JOBS_RETENTION" envDefault:"168h"`
}

// pageSettings say whether there is a page for people, and how they sign in there.
type pageSettings struct {
	PageShown         bool   `env:"PAGE" envDefault:"true"`
	PageClientID      string `env:"PAGE_CLIENT_ID"`
	PageAuthorityHost string `env:"PAGE_AUTHORITY_HOST"` // "" = that of AZURE_AUTHORITY_HOST
}

// environment merges the process environment with a .env file, which may be absent. A variable of
// the environment takes precedence, unless it is empty. An empty variable counts as absent, so
// that it cannot lift a restriction of the file.
func environment(environ []string, dotenv string) (map[string]string, error) {
	values, err := godotenv.Read(dotenv)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		values = map[string]string{}
	case err != nil:
		// The cause stays here: the parser quotes the line that it stumbles over, which may hold a
		// secret.
		return nil, fmt.Errorf("settings: %s cannot be read: write one NAME=value a line, in quotes where the "+
			"value has spaces", dotenv)
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !blank(value) {
			values[name] = value
		}
	}
	return values, nil
}

func blank(value string) bool { return strings.TrimSpace(value) == "" }

// loadConfig reads the settings from environ and reports every fault at once. An empty value counts
// as absent.
func loadConfig(environ map[string]string) (*config, error) {
	given := maps.Clone(environ)
	maps.DeleteFunc(given, func(_, value string) bool { return blank(value) })

	var c config
	var found settingErrors
	found.parse(env.ParseWithOptions(&c, env.Options{Prefix: prefix, Environment: given}))
	found.unknown(given)

	port, err := strconv.Atoi(given[portVariable])
	if err != nil || port < 0 || port > 65535 {
		found.add(portVariable, "is not a port",
			"start this program through the Functions host (./build.sh run, func start)")
	}
	c.Host = hostSettings{port, publicAddress(given[hostnameVariable]), disabledFunctions(given)}
	c.complete()
	c.check(&found)
	c.Trust.Anchors, err = readAnchors(c.Trust.TrustAnchors)
	if err != nil {
		found.add(prefix+"TRUST_ANCHORS", err.Error(),
			"name a PEM file of CA certificates, by a path from the folder of host.json")
	}
	if c.Documents.Font, err = readFont(c.Documents.AppearanceFont); err != nil {
		found.add(prefix+"APPEARANCE_FONT", err.Error(), "name a TrueType file, by a path from the folder of host.json")
	}
	if c.Trust.Networks, err = readNetworks(c.Trust.AllowedNetworks); err != nil {
		found.add(prefix+"ALLOWED_NETWORKS", err.Error(), "list networks such as 10.1.0.0/16, separated by commas")
	}
	if c.Keys.Files, err = readCertificateFiles(c.Keys.CertificateFiles); err != nil {
		found.add(prefix+"CERTIFICATE_FILES", err.Error(),
			"name a folder of PEM files, each <certificate>.pem with the chain, leaf first, and no key")
	}
	c.readAccess(&found)
	c.readOutbound(&found)
	if err := found.err(); err != nil {
		return nil, err
	}
	return &c, nil
}

// complete trims what people paste and fills in what follows from other settings.
func (c *config) complete() {
	for _, list := range [][]string{c.Access.AllowedTenants, c.Access.AllowedClients, c.Access.SigningCertificates,
		c.Access.TenantRoles, c.TSA.URLs,
		c.Trust.AllowedNetworks, c.Trust.OutboundHosts} {
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
	}
	c.Azure.AuthorityHost = strings.TrimRight(c.Azure.AuthorityHost, "/") // as the portal shows it; paths are appended
	if queues, ok := storage.QueueURL(c.Jobs.JobsStorageURL); ok && c.Jobs.JobsQueueURL == "" {
		c.Jobs.JobsQueueURL = queues
	}
	if c.Azure.Audience == "" && c.Azure.APIClientID != "" {
		c.Azure.Audience = "api://" + c.Azure.APIClientID
	}
	c.Page.PageAuthorityHost = cmp.Or(strings.TrimRight(c.Page.PageAuthorityHost, "/"), c.Azure.AuthorityHost)
	if c.Azure.DefaultScope == "" && c.Azure.Audience != "" {
		c.Azure.DefaultScope = c.Azure.Audience + "/.default"
	}
}

// audiences are the names by which tokens may call this API.
func (c *config) audiences() []string { return []string{c.Azure.APIClientID, c.Azure.Audience} }
