package trustservices

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
)

// Credentials are how we authenticate to a timestamp authority: by HTTP Basic authentication (RFC
// 7617), a key in a header, or a client certificate in TLS; also by several of them. They are sent
// to one origin, over TLS only, and never logged.
type Credentials struct {
	User, Password string           // "" = no Basic authentication
	Header, Key    string           // name and value; "" = no such header
	Certificate    *tls.Certificate // nil = none
}

const maxCredential = 8 << 10 // bytes of each text: servers take no more of a header

// reserved are the headers that the exchange or the connection sets.
var reserved = []string{
	"Accept", "Connection", "Content-Length", "Content-Type", "Cookie", "Expect", "Host", "Keep-Alive",
	"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent",
}

// String hides the credentials wherever they are printed.
func (c Credentials) String() string { return "credentials" }

// GoString is String.
func (c Credentials) GoString() string { return c.String() }

func (c Credentials) empty() bool { return c.User == "" && c.Header == "" && c.Certificate == nil }

// check says what is wrong with credentials for a TSA, without repeating any of them.
func (c Credentials) check(address string) error {
	if c.empty() {
		return nil
	}
	if origin(address) == "" {
		return errors.New("credentials are sent over https only")
	}
	return errors.Join(c.CheckUser(), c.CheckKey())
}

// CheckUser says what is wrong with user and password.
func (c Credentials) CheckUser() error {
	switch {
	case (c.User == "") != (c.Password == ""):
		return errors.New("a user name needs a password, and a password a user name")
	case strings.Contains(c.User, ":"): // RFC 7617, section 2
		return errors.New("the user name has a colon")
	case !printable(c.User) || !printable(c.Password):
		return errors.New("user and password must be of visible characters, and not long")
	}
	return nil
}

// CheckKey says what is wrong with header and key.
func (c Credentials) CheckKey() error {
	name := textproto.CanonicalMIMEHeaderKey(c.Header)
	token := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' ||
			strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}
	switch {
	case (c.Header == "") != (c.Key == ""):
		return errors.New("a header needs a key, and a key needs a header")
	case strings.ContainsFunc(c.Header, func(r rune) bool { return !token(r) }): // RFC 9110, section 5.1
		return errors.New("the header's name is not one of HTTP")
	case slices.Contains(reserved, name):
		return errors.New("the header has another use")
	case name == "Authorization" && c.User != "":
		return errors.New("user name and key need the same header")
	case !printable(c.Key):
		return errors.New("the key must be of visible ASCII characters, and not long")
	}
	for _, r := range c.Key {
		if r > '~' {
			return errors.New("the key must be of visible ASCII characters, and not long")
		}
	}
	return nil
}

func printable(text string) bool {
	return len(text) <= maxCredential && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// apply adds the credentials to a request.
func (c Credentials) apply(request *http.Request) {
	if c.User != "" {
		request.SetBasicAuth(c.User, c.Password)
	}
	if c.Header != "" {
		request.Header.Set(c.Header, c.Key)
	}
}

// origin gives scheme, host and port of an https address; "" for others.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}
