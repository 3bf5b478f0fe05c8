package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
)

// staged is the script root that every whole-program test starts: what build.sh stages, with the
// production handler.
var staged string

func TestMain(m *testing.M) {
	if code, ran := cloudtest.RunTool(context.Background(), os.Args[1:], os.Getenv, os.Stdout, os.Stderr); ran {
		os.Exit(code)
	}
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "influxion-staged-")
		if err == nil {
			defer os.RemoveAll(folder)
			staged = folder
			err = stage(folder)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "stage:", err)
			return 1
		}
		return m.Run()
	}())
}

func stage(folder string) error {
	build := exec.Command("go", "build", "-o", filepath.Join(folder, "handler"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	if err := os.CopyFS(folder, os.DirFS("../functions")); err != nil {
		return err
	}
	settings, err := os.ReadFile("../host.json")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "host.json"), settings, 0o644)
}

// program is the production handler behind the local host, in a local cloud of its own.
type program struct {
	*cloudtest.Cloud
	host *hosttest.Host
	log  *hosttest.Transcript
}

// start starts a program and waits until it answers.
func start(t testing.TB, cloud cloudtest.Config, host hosttest.Config) *program {
	t.Helper()
	return startAt(t, staged, cloud, host)
}

// startAt is start with another script root.
func startAt(t testing.TB, root string, cloud cloudtest.Config, host hosttest.Config) *program {
	t.Helper()
	p := &program{log: &hosttest.Transcript{}}
	var err error
	if p.Cloud, err = cloudtest.Start(t.Context(), cloud); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	host.Root, host.Log = root, p.log.Record
	if p.host, err = p.StartHost(t.Context(), host); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.host.Close()
		if t.Failed() {
			t.Log(p.log.Tail())
		}
	})
	if err := p.host.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// client is a client of the API as a user.
func (p *program) client() *client.Client {
	return client.New(p.host.URL(), p.UserCredential(), p.Scope)
}

func (p *program) clientAs(credential azcore.TokenCredential) *client.Client {
	return client.New(p.host.URL(), credential, p.Scope)
}

// sign gives the signed file and what the answer said of it.
func sign(ctx context.Context, c *client.Client, document []byte,
	options client.Options) ([]byte, *client.Signed, error) {
	signed, err := c.Sign(ctx, bytes.NewReader(document), options)
	if err != nil {
		return nil, nil, err
	}
	defer signed.Body.Close()
	file, err := io.ReadAll(signed.Body)
	return file, signed, err
}

// refusal is the status and code of a problem, or what came instead.
func refusal(err error) string {
	problem, ok := errors.AsType[*client.Problem](err)
	if !ok {
		return fmt.Sprint(err)
	}
	return fmt.Sprintf("%d %s", problem.Status, problem.Code)
}

// token is an access token of a user.
func (p *program) token(t testing.TB) string {
	t.Helper()
	token, err := p.UserCredential().GetToken(t.Context(), tokenRequest(p.Scope))
	if err != nil {
		t.Fatal(err)
	}
	return token.Token
}

// audits are the audit lines that the handler wrote, at least that many. The host may read them
// later than the answer.
func (p *program) audits(t *testing.T, atLeast int) (records []string) {
	t.Helper()
	until(t, "the audit record", func() bool {
		records = slices.DeleteFunc(p.log.Handler(hosttest.Information),
			func(line string) bool { return !strings.Contains(line, `"msg":"audit"`) })
		return len(records) >= atLeast
	})
	return records
}

// do sends a raw request with a valid token.
func (p *program) do(t *testing.T, method, path, contentType string, body io.Reader,
	fields ...string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.host.URL()+path, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.token(t))
	request.Header.Set("Content-Type", contentType)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, answer
}

// everyFile reads all files below a folder.
func everyFile(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[name], err = os.ReadFile(name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// newListener finds a free port for the test.
func newListener(t testing.TB) (port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	_, port, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
