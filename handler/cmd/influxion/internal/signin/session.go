package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"influxion/handler/cmd/influxion/internal/outfile"
)

// Session is what the program keeps of a sign-in: the deployment and the account, but no secret.
type Session struct {
	URL           string                           `json:"url"`
	Scope         string                           `json:"scope"`
	TenantID      string                           `json:"tenant_id"`
	ClientID      string                           `json:"client_id"`
	AuthorityHost string                           `json:"authority_host,omitempty"`
	Method        Method                           `json:"method"`
	Record        *azidentity.AuthenticationRecord `json:"record,omitempty"` // of a person
}

const maxSession = 64 << 10

// SessionFile is the path of the session file in the user's configuration folder. Each profile has
// its own; "" = no profile.
func SessionFile(configFolder, profile string) string {
	name := "session.json"
	if profile != "" {
		name = "session-" + profile + ".json"
	}
	return filepath.Join(configFolder, "influxion", name)
}

// LoadSession reads the session. It returns nil if there is none.
func LoadSession(name string) (*Session, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSession))
	if err != nil {
		return nil, err
	}
	s := &Session{}
	if err := json.Unmarshal(text, s); err != nil || !slices.Contains(Methods(), s.Method) {
		return nil, fmt.Errorf("%s cannot be read: run influxion login again", name)
	}
	return s, nil
}

// Save writes the session, readable by the user alone.
func (s *Session) Save(name string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return new(outfile.Files).Write(name, true, func(w io.Writer) error {
		if file, ok := w.(*os.File); ok {
			if err := file.Chmod(0o600); err != nil {
				return err
			}
		}
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// Forget removes the session, if there is one.
func Forget(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
