package page

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"sync"
)

//go:embed static index.html docs.html
var content embed.FS

// Config is what the page has to know. None of it is a secret.
type Config struct {
	// ClientID is the client ID of the registration by which people sign in. That registration has
	// the page's address as a redirect URI of a single-page application. "" = there is no sign-in,
	// and the page says so.
	ClientID string
	// AuthorityHost is where people sign in, https://host. The tenant is below it.
	AuthorityHost string
	TenantID      string
	Scope         string // of the API, to ask a token for

	Level            string // of signatures for which none is chosen
	MaxDocumentBytes int64
	Version          string // of the build
}

// File is a file of the page. It must not be changed.
type File struct {
	MediaType string
	Header    http.Header
	Body      []byte
}

// Page has the files. Safe for concurrent use.
type Page struct {
	index  File
	docs   func() (File, error)
	static map[string]File
}

// New fills in the templates. description is the API's, in OpenAPI 3.1; reports is the
// Content-Security-Policy source of the one style sheet that reports have, such as 'sha256-…'. An
// error is a fault of the build.
func New(config Config, description []byte, reports string) (*Page, error) {
	p := &Page{static: map[string]File{}}
	entries, err := content.ReadDir("static")
	if err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	for _, entry := range entries {
		body, err := content.ReadFile("static/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read page: %w", err)
		}
		p.static[entry.Name()] = File{mediaTypes[path.Ext(entry.Name())], header(policy("", "")), body}
	}
	settings, err := json.Marshal(newSettings(config))
	if err != nil {
		return nil, fmt.Errorf("encode page: %w", err)
	}
	if p.index, err = fill("index.html", policy(origin(config), reports), map[string]any{
		"Config": config, "Settings": string(settings)}); err != nil {
		return nil, err
	}
	// The page is not made at the start, because few instances are asked for it and the start must
	// be short.
	p.docs = sync.OnceValues(func() (File, error) {
		api, err := parseDescription(description)
		if err != nil {
			return File{}, err
		}
		return fill("docs.html", policy("", ""), api)
	})
	return p, nil
}

// Index is the page on which people sign in, seal and verify.
func (p *Page) Index() File { return p.index }

// Docs is the description of the API. An error is a fault of the build.
func (p *Page) Docs() (File, error) { return p.docs() }

// Static finds one of the files that the two pages load.
func (p *Page) Static(name string) (File, bool) {
	file, ok := p.static[name]
	return file, ok
}

// MediaTypes are those of the files that Static gives.
func MediaTypes() []string { return []string{"text/javascript", "text/css", "image/svg+xml"} }

var mediaTypes = map[string]string{".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

// settings are what the scripts know. The endpoints are those of every tenant of Entra ID.
type settings struct {
	ClientID  string `json:"clientId"`
	Authorize string `json:"authorize"`
	Token     string `json:"token"`
	Scope     string `json:"scope"`
	MaxBytes  int64  `json:"maxBytes"`
}

func newSettings(c Config) settings {
	s := settings{ClientID: c.ClientID, Scope: c.Scope, MaxBytes: c.MaxDocumentBytes}
	if c.ClientID != "" {
		endpoints := c.AuthorityHost + "/" + c.TenantID + "/oauth2/v2.0"
		s.Authorize, s.Token = endpoints+"/authorize", endpoints+"/token"
	}
	return s
}

// origin is the origin that the page may connect to in addition to its own: the authority's; "" =
// there is no sign-in.
func origin(c Config) string {
	if c.ClientID == "" {
		return ""
	}
	return c.AuthorityHost
}

// policy is the Content-Security-Policy of a page: its own files, one further origin to connect to
// and one further style, either of which may be empty. Reports are shown in frames without scripts,
// from addresses that the page's own script makes.
func policy(connect, style string) string {
	rules := []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
		"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
		// No text can become markup or code, whatever a script does with it.
		"require-trusted-types-for 'script'", "trusted-types 'none'",
	}
	if style != "" {
		rules[2] += " " + style
		rules = append(rules, "frame-src blob:", strings.TrimSpace("connect-src 'self' "+connect))
	}
	return strings.Join(rules, "; ")
}

// header makes the header of every file of the page.
func header(policy string) http.Header {
	return http.Header{
		"Content-Security-Policy":      {policy},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Permissions-Policy":           {"camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
		"Referrer-Policy":              {"no-referrer"},
		"X-Frame-Options":              {"DENY"}, // for browsers that do not know frame-ancestors
	}
}

func fill(name, policy string, data any) (File, error) {
	parsed, err := template.ParseFS(content, name)
	if err != nil {
		return File{}, fmt.Errorf("read page: %w", err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, data); err != nil {
		return File{}, fmt.Errorf("write page: %w", err)
	}
	h := header(policy)
	h.Set("Content-Language", "en")
	return File{"text/html", h, out.Bytes()}, nil
}

// CheckAuthority says why an address cannot be Config.AuthorityHost; nil = it can. The address must
// be an https origin, or an http origin on this machine. RFC 8252, section 7.3, and the secure
// contexts of browsers make the same exception.
func CheckAuthority(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || address != u.Scheme+"://"+u.Host {
		return errors.New("authority host: want https://host")
	}
	host, err := netip.ParseAddr(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || err != nil || !host.IsLoopback()) {
		return errors.New("authority host: want https")
	}
	if strings.ContainsFunc(u.Host, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`;,'"*`, r) }) {
		return errors.New("authority host: want a host name") // it becomes a part of the page's policy
	}
	return nil
}
