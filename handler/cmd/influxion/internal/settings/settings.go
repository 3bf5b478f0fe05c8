package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/joho/godotenv"
)

// Name is a setting. Its environment variable has the prefix INFLUXION_CLIENT_, which no setting of
// the handler has.
type Name string

// The settings.
const (
	URL                 Name = "URL"
	Scope               Name = "SCOPE"
	TenantID            Name = "TENANT_ID"
	ClientID            Name = "ID"
	ClientSecret        Name = "SECRET"
	CertificateFile     Name = "CERTIFICATE_FILE"
	CertificatePassword Name = "CERTIFICATE_PASSWORD"
	TokenFile           Name = "TOKEN_FILE"
	Auth                Name = "AUTH"
	AuthorityHost       Name = "AUTHORITY_HOST"
)

// Prefix is the prefix of the environment variables.
const Prefix = "INFLUXION_CLIENT_"

// Names lists the settings in the order of the help.
func Names() []Name {
	return []Name{URL, Scope, TenantID, ClientID, ClientSecret, CertificateFile, CertificatePassword, TokenFile, Auth,
		AuthorityHost}
}

// Variable is the setting's name in the environment.
func (n Name) Variable() string { return Prefix + string(n) }

// Origin is where a value comes from.
type Origin int

// The origins. A later one overrides an earlier one.
const (
	Nowhere     Origin = iota
	Session            // the last sign-in
	FoundFile          // the .env of the current folder, which was not named
	Environment        // the process environment, or a file that was named with --env-file
	Profile            // one that was named, of the user's file
	Flag
)

// Settings are values with their origins. The zero Settings has none.
type Settings struct {
	values  map[Name]string
	origins map[Name]Origin
}

// Value is a setting's value; "" = not set.
func (s *Settings) Value(n Name) string { return s.values[n] }

// Origin is where the setting's value comes from.
func (s *Settings) Origin(n Name) Origin { return s.origins[n] }

// Set sets a value unless a stronger origin has set one. It ignores an empty value.
func (s *Settings) Set(n Name, value string, origin Origin) {
	value = strings.TrimSpace(value)
	if value == "" || s.origins[n] > origin {
		return
	}
	if s.values == nil {
		s.values, s.origins = map[Name]string{}, map[Name]Origin{}
	}
	s.values[n], s.origins[n] = value, origin
}

// Input is what Resolve reads.
type Input struct {
	Flags   map[Name]string
	Getenv  func(string) string
	EnvFile string // named by --env-file; "" = .env, if there is one
	Session map[Name]string
	Profile map[Name]string
}

// ErrUntrusted reports that a .env file, found but not named by the user, would send a credential
// to an address of the file's choice.
var ErrUntrusted = errors.New("a .env file of this folder may not decide where your sign-in goes")

// Resolve reads all origins. A .env file that was found, but not named by the user, may set
// anything, with one exception: its address of the service or of the authority is refused if the
// credential comes from elsewhere and the address is not that of the last sign-in.
func Resolve(in Input) (*Settings, error) {
	s := &Settings{}
	for n, value := range in.Session {
		s.Set(n, value, Session)
	}
	origin, file := FoundFile, ".env"
	if in.EnvFile != "" {
		origin, file = Environment, in.EnvFile
	}
	values, err := godotenv.Read(file)
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist) && in.EnvFile == "":
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("settings: there is no %s", file)
	default:
		// The error leaves out its cause, because the parser quotes the line that it could not
		// read, and that line may hold a secret.
		return nil, fmt.Errorf("settings: %s cannot be read: write one NAME=value a line, in quotes where the "+
			"value has spaces", file)
	}
	s.read(func(variable string) string { return values[variable] }, origin)
	s.read(in.Getenv, Environment)
	for n, value := range in.Profile {
		s.Set(n, value, Profile)
	}
	for n, value := range in.Flags {
		s.Set(n, value, Flag)
	}
	return s, s.check(in.Session)
}

// read takes the settings from an environment. It takes tenant, scope and authority from the
// deployment's own settings if the environment has them.
func (s *Settings) read(getenv func(string) string, origin Origin) {
	for _, n := range []struct {
		name     Name
		variable string
	}{{TenantID, "INFLUXION_AZURE_TENANT_ID"}, {Scope, "INFLUXION_AZURE_DEFAULT_SCOPE"},
		{AuthorityHost, "INFLUXION_AZURE_AUTHORITY_HOST"}} {
		s.Set(n.name, getenv(n.variable), origin)
	}
	for _, n := range Names() {
		s.Set(n, getenv(n.Variable()), origin)
	}
}

func (s *Settings) check(session map[Name]string) error {
	for _, n := range []Name{URL, AuthorityHost} {
		if s.Origin(n) == FoundFile && s.Value(n) != session[n] && !s.ownCredential() {
			return fmt.Errorf("%w: %s in .env is %q. If it is the right one, say so with --env-file .env", ErrUntrusted,
				n.Variable(), s.Value(n))
		}
	}
	if text := s.Value(AuthorityHost); text != "" {
		if u, err := url.Parse(text); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil ||
			strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return fmt.Errorf("settings: %s: want https://host, without path or query", AuthorityHost.Variable())
		}
	}
	return nil
}

// ownCredential reports whether the found file contains the credential itself. Then the file may
// send it to any address.
func (s *Settings) ownCredential() bool {
	for _, n := range []Name{Auth, CertificateFile, TokenFile} {
		// A method may use this machine's identity, and a path may lead to another person's key.
		if s.Origin(n) != Nowhere {
			return false
		}
	}
	return s.Origin(ClientSecret) == FoundFile && s.Origin(ClientID) == FoundFile
}
