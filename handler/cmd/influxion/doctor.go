package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/spf13/cobra"

	"influxion/handler/cmd/influxion/internal/doctor"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/settings"
	"influxion/handler/cmd/influxion/internal/signin"
	"influxion/handler/cmd/influxion/internal/terminal"
)

// doctorFlags are the options of doctor.
type doctorFlags struct {
	vault       string
	vaultAuth   string
	certificate string
	level       string
	deployment  string
	noProbe     bool
	quiet       bool
}

func (a *app) doctorCommand() *cobra.Command {
	var f doctorFlags
	c := &cobra.Command{
		Use: "doctor", Short: "Find out what is wrong with a deployment", Args: cobra.NoArgs,
		Long: `Doctor examines a deployment: address and TLS, readiness, clocks, tenant, sign-in, what your token holds and lacks, how the service answers
it, its certificates, and whether it signs and timestamps a document of doctor's own (two entries in the audit log).

With --settings it compares the deployment's settings with yours. With --vault it examines the vault, as the managed identity
where there is one (in the Function App's console), else as the Azure CLI's user, whose rights are not those of the app.

Each finding says what is wrong, why it matters, where to fix it in the portal, and the command that fixes it. Lines that begin with
$ names expect the shell variables of the set-up guide (APP, GROUP, VAULT, API_CLIENT_ID, …).`,
		Example: `  influxion doctor
  az functionapp config appsettings list -n "$APP" -g "$GROUP" -o json | influxion doctor --settings - --certificate seal`,
		RunE: a.does(func(ctx context.Context, _ []string) error { return a.doctor(ctx, f) }),
	}
	flags := c.Flags()
	flags.StringVar(&f.vault, "vault", "", "`URL` of the vault to examine")
	flags.StringVar(&f.vaultAuth, "vault-auth", "",
		"identity for the vault: managed-identity, azure-cli, client-secret (default: managed-identity where "+
			"there is one, else azure-cli)")
	flags.StringVar(&f.certificate, "certificate", "",
		"`NAME` of the certificate to examine (default: all that the service offers)")
	flags.StringVar(&f.level, "level", "", "level that the deployment must reach: B-B, B-T, B-LT or B-LTA")
	flags.StringVar(&f.deployment, "settings", "",
		"`FILE` of the deployment's settings: .env, local.settings.json, or the output of az …appsettings "+
			"list; - = stdin")
	flags.BoolVar(&f.noProbe, "no-probe", false, "sign nothing")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "show only faults and notes")
	choices(c, "level", levels...)
	if err := c.RegisterFlagCompletionFunc("certificate", a.completeCertificates); err != nil {
		panic("internal error: " + err.Error())
	}
	choices(c, "vault-auth", string(signin.ManagedIdentity), string(signin.AzureCLI), string(signin.ClientSecret))
	a.jsonFlag(c, "a line of JSON for each finding")
	return c
}

func (a *app) doctor(ctx context.Context, f doctorFlags) error {
	if err := checkLevel(&f.level, levels...); err != nil {
		return err
	}
	s, session, err := a.settings()
	if err != nil {
		return err
	}
	if err := require(s, settings.URL); err != nil {
		return err
	}
	deployed, err := a.readDeployment(ctx, f.deployment)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return exit.UsageError(err)
	}
	config, err := a.doctorConfig(f, s, a.signInConfig(s, session), deployed)
	if err != nil {
		return exit.UsageError(err)
	}
	var write error
	style := a.style(a.out)
	config.Report = func(found doctor.Finding) {
		if err := a.printFound(found, f.quiet, style); err != nil && write == nil {
			write = err
		}
	}
	findings := doctor.Run(ctx, config)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case write != nil:
		return write
	case doctor.Failing(findings):
		return exit.Reported(exit.Failed)
	}
	return nil
}

// doctorConfig says what to examine, and with which credentials.
func (a *app) doctorConfig(f doctorFlags, s *settings.Settings, caller signin.Config,
	deployed map[string]string) (doctor.Config, error) {
	credential, _, credentialErr := signin.New(caller)
	config := doctor.Config{
		URL: s.Value(settings.URL), Scope: s.Value(settings.Scope), TenantID: s.Value(settings.TenantID),
		ClientID: s.Value(settings.ClientID), AuthorityHost: s.Value(settings.AuthorityHost),
		Certificate: f.certificate, Level: f.level, Probe: !f.noProbe,
		Credential: credential, CredentialErr: credentialErr, VaultURL: f.vault, Deployment: deployed,
		Transport: a.transport, Now: a.now,
	}
	if f.vault == "" && deployed == nil {
		return config, nil
	}
	var err error
	config.VaultCredential, config.VaultIdentity, err = a.vaultCredential(f, caller)
	return config, err
}

func (a *app) readDeployment(ctx context.Context, name string) (map[string]string, error) {
	switch name {
	case "":
		return nil, nil
	case input.Stdio:
		var text bytes.Buffer
		if _, err := input.CopyWithin(ctx, &text, io.LimitReader(a.in, doctor.MaxSettings+1)); err != nil {
			return nil, err
		}
		return doctor.ReadDeployment(&text)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	values, err := doctor.ReadDeployment(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return values, nil
}

// vaultCredential returns the identity that reads the vault, and the identity's name.
func (a *app) vaultCredential(f doctorFlags,
	caller signin.Config) (credential azcore.TokenCredential, who string, err error) {
	method := signin.Method(f.vaultAuth)
	if method == "" {
		method = signin.AzureCLI
		if a.getenv("IDENTITY_ENDPOINT") != "" {
			method = signin.ManagedIdentity
		}
	}
	config := signin.Config{Method: method, TenantID: caller.TenantID, AuthorityHost: caller.AuthorityHost,
		Options: azcore.ClientOptions{Transport: signin.NewClient(a.transport)}}
	switch method {
	case signin.ManagedIdentity:
		who = "the managed identity of this place"
	case signin.AzureCLI:
		who = "the Azure CLI's user"
	case signin.ClientSecret:
		who = "the app of your client secret"
		config.ClientID, config.ClientSecret = caller.ClientID, caller.ClientSecret
	default:
		return nil, "", errors.New("--vault-auth: choose managed-identity, azure-cli or client-secret")
	}
	credential, _, err = signin.New(config)
	return credential, who, err
}

// printFound prints a finding.
func (a *app) printFound(f doctor.Finding, quiet bool, style terminal.Style) error {
	if quiet && f.Status != doctor.Failed && f.Status != doctor.Note {
		return nil
	}
	if a.global.jsonOutput {
		_, err := io.WriteString(a.out, terminal.JSONLine(f))
		return err
	}
	mark := map[doctor.Status]string{
		doctor.OK: style.Good("ok   "), doctor.Note: style.Doubt("note "), doctor.Failed: style.Bad("FAULT"),
		doctor.NotChecked: style.Faint("-    "),
	}[f.Status]
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s %s\n", mark, style.Strong(fmt.Sprintf("%-26s", f.Check)), terminal.Safe(f.What))
	for _, row := range []struct{ label, value string }{{"why", f.Why}, {"portal", f.Portal}, {"do", f.Command}} {
		if row.value != "" {
			fmt.Fprintf(&text, "      %s %s\n", style.Faint(fmt.Sprintf("%-7s", row.label)), terminal.Safe(row.value))
		}
	}
	_, err := io.WriteString(a.out, text.String())
	return err
}
