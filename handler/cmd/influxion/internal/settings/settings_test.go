package settings_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"influxion/handler/cmd/influxion/internal/settings"
)

// resolve reads the settings with a .env file of that content in the current folder; "" = there is
// no file.
func resolve(t *testing.T, dotenv string, in settings.Input, environ ...string) (*settings.Settings, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if dotenv != "" {
		if err := os.WriteFile(".env", []byte(dotenv), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in.Getenv = func(name string) string {
		for _, entry := range environ {
			if value, ok := strings.CutPrefix(entry, name+"="); ok {
				return value
			}
		}
		return ""
	}
	return settings.Resolve(in)
}

func TestTheStrongestWins(t *testing.T) {
	session := map[settings.Name]string{settings.Scope: "session"}
	flags := map[settings.Name]string{settings.Scope: "flag"}
	for _, test := range []struct {
		name    string
		dotenv  string
		in      settings.Input
		environ []string
		want    string
	}{
		{"nothing", "", settings.Input{}, nil, ""},
		{"session", "", settings.Input{Session: session}, nil, "session"},
		{"file", "INFLUXION_CLIENT_SCOPE=file", settings.Input{Session: session}, nil, "file"},
		{"environment", "INFLUXION_CLIENT_SCOPE=file", settings.Input{Session: session},
			[]string{"INFLUXION_CLIENT_SCOPE=env"}, "env"},
		{"flag", "INFLUXION_CLIENT_SCOPE=file", settings.Input{Session: session, Flags: flags},
			[]string{"INFLUXION_CLIENT_SCOPE=env"}, "flag"},
		{"empty says nothing", "INFLUXION_CLIENT_SCOPE=file",
			settings.Input{Flags: map[settings.Name]string{settings.Scope: " "}},
			[]string{"INFLUXION_CLIENT_SCOPE="}, "file"},
		{"the deployment's", "INFLUXION_AZURE_DEFAULT_SCOPE=deployment", settings.Input{}, nil, "deployment"},
		{"ours before the deployment's", "INFLUXION_CLIENT_SCOPE=ours\nINFLUXION_AZURE_DEFAULT_SCOPE=deployment",
			settings.Input{}, nil, "ours"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := resolve(t, test.dotenv, test.in, test.environ...)
			if err != nil || s.Value(settings.Scope) != test.want {
				t.Errorf("got %q (%v), want %q", s.Value(settings.Scope), err, test.want)
			}
		})
	}
}

// The client never uses the handler's own identity.
func TestTheHandlersSecretIsNotOurs(t *testing.T) {
	s, err := resolve(t, "INFLUXION_AZURE_CLIENT_ID=a\nINFLUXION_AZURE_CLIENT_SECRET=b", settings.Input{},
		"INFLUXION_AZURE_CLIENT_SECRET=c", "AZURE_CLIENT_SECRET=d")
	if err != nil || s.Value(settings.ClientID) != "" || s.Value(settings.ClientSecret) != "" {
		t.Errorf("got %q and %q (%v), want none", s.Value(settings.ClientID), s.Value(settings.ClientSecret), err)
	}
}

// A .env file that was found must not decide where our credential is sent.
func TestFoundFilesAreNotTrusted(t *testing.T) {
	const (
		url       = "INFLUXION_CLIENT_URL=https://theirs.example.org"
		authority = "INFLUXION_CLIENT_AUTHORITY_HOST=https://theirs.example.org"
	)
	known := map[settings.Name]string{settings.URL: "https://theirs.example.org"}
	for _, test := range []struct {
		name    string
		dotenv  string
		in      settings.Input
		environ []string
		refused bool
	}{
		{"address", url, settings.Input{}, nil, true},
		{"authority", authority, settings.Input{}, []string{"INFLUXION_CLIENT_SECRET=mine", "INFLUXION_CLIENT_ID=me"},
			true},
		{"the deployment's authority", "INFLUXION_AZURE_AUTHORITY_HOST=https://theirs.example.org", settings.Input{},
			nil, true},
		{"address with our secret", url + "\nINFLUXION_CLIENT_ID=me", settings.Input{},
			[]string{"INFLUXION_CLIENT_SECRET=mine"}, true},
		{"address with a method",
			url + "\nINFLUXION_CLIENT_ID=x\nINFLUXION_CLIENT_SECRET=y\nINFLUXION_CLIENT_AUTH=azure-cli",
			settings.Input{}, nil, true},
		{"address with a path to a key",
			url +
				"\nINFLUXION_CLIENT_ID=x\nINFLUXION_CLIENT_SECRET=y" +
				"\nINFLUXION_CLIENT_CERTIFICATE_FILE=/home/me/key.pem", settings.Input{}, nil, true},
		{"address with a method of ours", url + "\nINFLUXION_CLIENT_ID=x\nINFLUXION_CLIENT_SECRET=y", settings.Input{},
			[]string{"INFLUXION_CLIENT_AUTH=azure-cli"}, true},
		{"address with its own secret", url + "\nINFLUXION_CLIENT_ID=x\nINFLUXION_CLIENT_SECRET=y", settings.Input{},
			nil, false},
		{"address of the sign-in", url, settings.Input{Session: known}, nil, false},
		{"another than that of the sign-in", url + "/x", settings.Input{Session: known}, nil, true},
		{"a file that was named", url, settings.Input{EnvFile: ".env"}, nil, false},
		{"the same by the environment", url, settings.Input{}, []string{url}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := resolve(t, test.dotenv, test.in, test.environ...)
			if errors.Is(err, settings.ErrUntrusted) != test.refused || err != nil && !test.refused {
				t.Errorf("got %v, want refused %v", err, test.refused)
			}
		})
	}
}

func TestFiles(t *testing.T) {
	if _, err := resolve(t, "INFLUXION_CLIENT_SECRET='hunter2", settings.Input{}); err == nil ||
		strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v for a broken file, want an error that quotes nothing", err)
	}
	if _, err := resolve(t, "", settings.Input{EnvFile: filepath.Join("no", "such")}); err == nil {
		t.Error("got no error for a file that is named and not there")
	}
	for _, host := range []string{"http://login.example.org", "login.example.org", "https://login.example.org/tenant",
		"https://a@login.example.org", "https://login.example.org?x"} {
		if _, err := resolve(t, "", settings.Input{}, "INFLUXION_CLIENT_AUTHORITY_HOST="+host); err == nil {
			t.Errorf("got no error for the authority %q", host)
		}
	}
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range settings.Names() {
		if variable := name.Variable(); seen[variable] || !strings.HasPrefix(variable, "INFLUXION_CLIENT_") {
			t.Errorf("got %q, want a name of our own", variable)
		}
		seen[name.Variable()] = true
	}
}
