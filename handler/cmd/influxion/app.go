package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/spf13/cobra"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/outfile"
	"influxion/handler/cmd/influxion/internal/settings"
	"influxion/handler/cmd/influxion/internal/signin"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/cmd/influxion/internal/waiting"
)

const (
	maxJobs    = 64
	answerTime = 4 * time.Minute // the front end of Azure gives up after 230 seconds
)

// app is one run of the program: its input and output, and its settings.
type app struct {
	in        io.Reader
	out, err  io.Writer
	getenv    func(string) string
	folders   folders
	transport http.RoundTripper
	now       func() time.Time
	version   string // of this program, which reports name

	files    outfile.Files
	progress *terminal.Progress // of the batch under way, whose line remarks must not overwrite; nil = none
	global   globalFlags
	ran      bool // the command line was understood
}

// folders are the user's configuration and cache folders.
type folders struct{ config, cache func() (string, error) }

// globalFlags are those of every command.
type globalFlags struct {
	values     map[settings.Name]*string
	envFile    string
	profile    string
	signsIn    bool // to a profile, which need not exist yet
	noColour   bool
	jsonOutput bool
	verbose    bool
	noRetry    bool
	timeout    time.Duration // of each document, waiting included; 0 = none
}

// run executes the command line and returns the exit code.
func (a *app) run(ctx context.Context, arguments []string) int {
	root := a.command()
	root.SetArgs(arguments)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	code := exit.Code(ctx, err, a.ran)
	if err == nil || errors.Is(err, exit.ErrReported) {
		return code
	}
	fmt.Fprint(a.err, "influxion: "+terminal.Safe(exit.Explain(ctx, err))+"\n"+hint(err))
	if code == exit.Usage {
		fmt.Fprintln(a.err, "Run influxion --help, or influxion COMMAND --help.")
	}
	return code
}

// settings resolves the settings from all their origins, and returns them with the session of the
// last sign-in.
func (a *app) settings() (*settings.Settings, *signin.Session, error) {
	profile, err := a.profile()
	if err != nil {
		return nil, nil, exit.UsageError(err)
	}
	session, err := a.session()
	if err != nil {
		return nil, nil, exit.UsageError(err)
	}
	in := settings.Input{Flags: map[settings.Name]string{}, Getenv: a.getenv, EnvFile: a.global.envFile,
		Profile: profile}
	for name, value := range a.global.values {
		in.Flags[name] = *value
	}
	if session != nil {
		in.Session = map[settings.Name]string{
			settings.URL: session.URL, settings.Scope: session.Scope, settings.TenantID: session.TenantID,
			settings.ClientID: session.ClientID, settings.AuthorityHost: session.AuthorityHost,
		}
	}
	s, err := settings.Resolve(in)
	if err != nil {
		return nil, nil, exit.UsageError(err)
	}
	return s, session, nil
}

func (a *app) sessionFile() (string, error) {
	profile, err := a.profileName()
	if err != nil {
		return "", exit.UsageError(err)
	}
	folder, err := a.folders.config()
	if err != nil {
		return "", err
	}
	return signin.SessionFile(folder, profile), nil
}

func (a *app) session() (*signin.Session, error) {
	name, err := a.sessionFile()
	if err != nil {
		return nil, nil // without a home folder there is no session, which many commands do not need
	}
	return signin.LoadSession(name)
}

// signInConfig turns the settings into a configuration of the sign-in.
func (a *app) signInConfig(s *settings.Settings, session *signin.Session) signin.Config {
	return signin.Config{
		Method: signin.Method(s.Value(settings.Auth)), TenantID: s.Value(settings.TenantID),
		ClientID:     s.Value(settings.ClientID),
		ClientSecret: s.Value(settings.ClientSecret), CertificateFile: s.Value(settings.CertificateFile),
		CertificatePassword: s.Value(settings.CertificatePassword), TokenFile: s.Value(settings.TokenFile),
		AuthorityHost: s.Value(settings.AuthorityHost), Session: session,
		Dialog: signin.Dialog{
			Interactive: terminal.IsTerminal(a.in) && terminal.IsTerminal(a.err),
			Prompt: func(_ context.Context, message azidentity.DeviceCodeMessage) error {
				_, err := fmt.Fprintln(a.err, terminal.Safe(message.Message))
				return err
			},
			Notice: a.notice,
		},
		Options: azcore.ClientOptions{Transport: signin.NewClient(a.transport)},
	}
}

// notice writes a remark for a person to stderr, without mixing it with the results or the progress
// line.
func (a *app) notice(text string) {
	text = "influxion: " + terminal.Safe(text) + "\n"
	if a.progress == nil {
		fmt.Fprint(a.err, text)
		return
	}
	_ = a.progress.Print(a.err, text)
}

func (a *app) style(out io.Writer) terminal.Style {
	if a.global.noColour {
		return terminal.Style{}
	}
	return terminal.NewStyle(out, a.getenv)
}

// talks reports whether to print remarks on what the program does: on a terminal, or with
// --verbose.
func (a *app) talks() bool { return a.global.verbose || terminal.IsTerminal(a.err) }

// tellPause says why a request is repeated, and when.
func (a *app) tellPause(_ context.Context, p client.Pause) {
	if !a.talks() {
		return
	}
	why := fmt.Sprintf("the service answers %d", p.Problem.Status)
	if p.Problem.Code != "" {
		why += " " + p.Problem.Code
	}
	if p.Problem.Detail != "" {
		why += fmt.Sprintf(" (%q)", p.Problem.Detail)
	}
	a.notice(fmt.Sprintf("%s: again in %s, attempt %d of %d; --no-retry gives up at once", why, waiting.Span(p.Wait),
		p.Attempt+1,
		p.Attempts))
}

// limited returns a context that ends with --timeout, if there is one.
func (a *app) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return waiting.Limit(ctx, a.global.timeout)
}

// service returns a client of the deployment that the settings name.
func (a *app) service() (*client.Client, error) {
	s, session, err := a.settings()
	if err != nil {
		return nil, err
	}
	if err := require(s, settings.URL, settings.Scope); err != nil {
		return nil, err
	}
	credential, _, err := signin.New(a.signInConfig(s, session))
	if err != nil {
		return nil, exit.SignInError(err)
	}
	return a.serviceAt(s, credential), nil
}

// serviceAt returns the client of the deployment that the settings name.
func (a *app) serviceAt(s *settings.Settings, credential azcore.TokenCredential) *client.Client {
	transport := a.transport
	if a.talks() {
		transport = &waiting.Transport{Next: transport, Tell: a.notice}
	}
	service := client.New(s.Value(settings.URL), credential, s.Value(settings.Scope)).
		WithHTTPClient(&http.Client{Transport: transport}).WithPauses(a.tellPause)
	if a.global.noRetry {
		service = service.WithAttempts(1)
	}
	return service
}

// require returns an error that names the missing settings and says how to set them.
func require(s *settings.Settings, names ...settings.Name) error {
	var missing []string
	for _, name := range names {
		if s.Value(name) == "" {
			missing = append(missing, fmt.Sprintf("--%s (%s)", flagNames[name], name.Variable()))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return exit.UsageError(fmt.Errorf("missing %s: whoever runs the deployment has the values; set them, or give "+
		"them to influxion login once", strings.Join(missing, " and ")))
}

// does turns a method into a command's RunE. It reports an error before the method runs as an error
// in the command line.
func (a *app) does(run func(ctx context.Context, arguments []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, arguments []string) error {
		if a.global.timeout < 0 {
			return errors.New("--timeout is negative")
		}
		a.ran = true
		return run(c.Context(), arguments)
	}
}
