package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/settings"
	"influxion/handler/cmd/influxion/internal/signin"
	"influxion/handler/cmd/influxion/internal/terminal"
)

func (a *app) loginCommand() *cobra.Command {
	var browser bool
	c := &cobra.Command{
		Use: "login", Short: "Sign in, and remember where and as whom", Args: cobra.NoArgs,
		Long: `Login signs in and remembers the deployment, its scope and you, so that other commands need no settings. You are asked with a device
code, or in the browser with --browser. With a client secret, a client certificate or a federated token in the settings, or with
--auth, it signs in as an app, tries it, and remembers all but the secret.

Tokens are kept where the system keeps secrets; where it has no such place, a person's sign-in lasts for one command.`,
		Example: `  influxion login --url https://signing.example.org --scope api://CLIENT_ID/.default --tenant TENANT_ID --client-id CLIENT_ID
  influxion login --browser
  influxion login --profile test --url https://signing-test.example.org --scope api://CLIENT_ID/.default --tenant TENANT_ID --client-id CLIENT_ID
  influxion login --auth managed-identity`,
		RunE: a.does(func(ctx context.Context, _ []string) error { return a.login(ctx, browser) }),
	}
	c.Flags().BoolVar(&browser, "browser", false, "sign in with the browser of this machine")
	return c
}

func (a *app) login(ctx context.Context, browser bool) error {
	a.global.signsIn = true
	s, session, err := a.settings()
	if err != nil {
		return err
	}
	if err := require(s, settings.URL, settings.Scope); err != nil {
		return err
	}
	file, err := a.sessionFile()
	if err != nil {
		return err
	}
	config := a.signInConfig(s, nil)
	switch {
	case browser && config.Method != "" && config.Method != signin.Browser:
		return exit.UsageError(fmt.Errorf("--browser and --auth %s are two ways to sign in: choose one", config.Method))
	case browser:
		config.Method = signin.Browser
	case config.Method == "" && config.ClientSecret == "" && config.CertificateFile == "" && config.TokenFile == "" &&
		session != nil:
		config.Method = session.Method // with the settings of the last sign-in
	}
	made, err := signin.Login(ctx, config, s.Value(settings.Scope))
	if err != nil {
		return exit.SignInError(err)
	}
	made.URL = s.Value(settings.URL)
	a.forgetNames()
	if err := made.Save(file); err != nil {
		return fmt.Errorf("remember the sign-in: %w", err)
	}
	who := cmp.Or(made.ClientID, string(made.Method))
	if made.Record != nil {
		who = made.Record.Username
	}
	_, err = fmt.Fprintf(a.out, "signed in as %s for %s\n", terminal.Safe(who), terminal.Safe(made.URL))
	return err
}

func (a *app) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use: "logout", Short: "Forget the sign-in", Args: cobra.NoArgs,
		Long: "Logout forgets the deployment and you. Tokens that the system keeps expire by themselves; an " +
			"administrator can revoke sign-ins in Entra ID.",
		RunE: a.does(func(context.Context, []string) error {
			file, err := a.sessionFile()
			if err != nil {
				return err
			}
			a.forgetNames()
			return signin.Forget(file)
		}),
	}
}
