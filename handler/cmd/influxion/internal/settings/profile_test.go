package settings_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"influxion/handler/cmd/influxion/internal/settings"
)

func profiles(t *testing.T, text string) (settings.Profiles, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return settings.ReadProfiles(name, map[string]settings.Name{"url": settings.URL, "scope": settings.Scope})
}

func TestReadProfiles(t *testing.T) {
	t.Parallel()
	got, err := profiles(t, `{"profiles": {"test": {"url": "https://test.example.org", "scope": "s"}, "live.2": {}}}`)
	if err != nil || len(got) != 2 || got["test"][settings.URL] != "https://test.example.org" ||
		got["test"][settings.Scope] != "s" {
		t.Errorf("got %v (%v)", got, err)
	}
	if got, err := settings.ReadProfiles(filepath.Join(t.TempDir(), "absent"), nil); got != nil || err != nil {
		t.Errorf("got %v (%v) without a file, want nothing", got, err)
	}
}

// A file in a wrong form is refused as a whole, and the error quotes no secret of it.
func TestReadProfilesRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"no JSON":     {"url=hidden", "cannot be read"},
		"half":        {`{"profiles": {"a": {"url": "hidden"`, "cannot be read"},
		"a number":    {`{"profiles": {"a": {"url": 1}}}`, "cannot be read"},
		"beside":      {`{"profiles": {}, "hidden": 1}`, "cannot be read"},
		"behind":      {`{"profiles": {}} {}`, "follows"},
		"a secret":    {`{"profiles": {"a": {"secret": "hidden"}}}`, "Secrets stay in the environment"},
		"misspelt":    {`{"profiles": {"a": {"URL": "hidden"}}}`, "choose from scope, url"},
		"a path":      {`{"profiles": {"../a": {}}}`, "want 1 to 40"},
		"empty name":  {`{"profiles": {"": {}}}`, "want 1 to 40"},
		"a long name": {`{"profiles": {"` + strings.Repeat("x", 41) + `": {}}}`, "want 1 to 40"},
		"too large":   {`{"profiles": {}}` + strings.Repeat(" ", 64<<10), "larger"},
	} {
		if _, err := profiles(t, test.text); err == nil || !strings.Contains(err.Error(), test.want) ||
			strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: got %v, want %q and nothing of the values", name, err, test.want)
		}
	}
}

// A named profile overrides the environment, and flags override the profile.
func TestProfilesAmongTheOrigins(t *testing.T) {
	profile := map[settings.Name]string{settings.URL: "https://profile.example.org", settings.Scope: "profile"}
	s, err := resolve(t, "INFLUXION_CLIENT_URL=https://theirs.example.org", settings.Input{Profile: profile,
		Flags: map[settings.Name]string{settings.Scope: "flag"}}, "INFLUXION_CLIENT_URL=https://env.example.org",
		"INFLUXION_CLIENT_ID=env")
	if err != nil || s.Value(settings.URL) != "https://profile.example.org" || s.Value(settings.Scope) != "flag" ||
		s.Value(settings.ClientID) != "env" {
		t.Errorf("got %q, %q and %q (%v)", s.Value(settings.URL), s.Value(settings.Scope), s.Value(settings.ClientID),
			err)
	}
}

func FuzzReadProfiles(f *testing.F) {
	f.Add(`{"profiles": {"test": {"url": "https://test.example.org"}}}`)
	f.Add(`{"profiles": {"a": {"secret": "x"}}}`)
	f.Add(`{"profiles": null}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := profiles(t, text)
		if err != nil && got != nil {
			t.Errorf("got %v beside %v", got, err)
		}
		for name := range got {
			if settings.CheckProfileName(name) != nil {
				t.Errorf("got the name %q", name)
			}
		}
	})
}
