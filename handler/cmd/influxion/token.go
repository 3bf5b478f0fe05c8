package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/spf13/cobra"

	"influxion/handler/cmd/influxion/internal/accesstoken"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/settings"
	"influxion/handler/cmd/influxion/internal/signin"
	"influxion/handler/cmd/influxion/internal/terminal"
)

func (a *app) tokenCommand() *cobra.Command {
	var raw bool
	c := &cobra.Command{
		Use: "token", Short: "Show what Influxion checks in your access token", Args: cobra.NoArgs,
		Long: `Token gets an access token and shows what Influxion would check in it: not the token itself. influxion doctor shows whether the service accepts it.

With --raw it prints the token and nothing else. Whoever sees it can sign as you until it expires.`,
		Example: "  influxion token\n  curl -H \"Authorization: Bearer $(influxion token --raw)\" …",
		RunE: a.does(func(ctx context.Context, _ []string) error {
			s, session, err := a.settings()
			if err != nil {
				return err
			}
			if err := require(s, settings.Scope); err != nil {
				return err
			}
			credential, method, err := signin.New(a.signInConfig(s, session))
			if err != nil {
				return exit.SignInError(err)
			}
			token, err := credential.GetToken(ctx,
				policy.TokenRequestOptions{Scopes: []string{s.Value(settings.Scope)}})
			if err != nil {
				return exit.SignInError(err)
			}
			if raw {
				_, err := fmt.Fprintln(a.out, token.Token)
				return err
			}
			parsed, err := accesstoken.Parse(token.Token)
			if err != nil {
				return err
			}
			return a.printToken(parsed, method)
		}),
	}
	c.Flags().BoolVar(&raw, "raw", false, "print only the token itself")
	a.jsonFlag(c, "as JSON")
	return c
}

func (a *app) printToken(t *accesstoken.Token, method signin.Method) error {
	if a.global.jsonOutput {
		_, err := io.WriteString(a.out, terminal.JSONLine(t))
		return err
	}
	style := a.style(a.out)
	kind := "app-only: a program without a person"
	if t.Delegated {
		kind = "delegated: a person has signed in"
	}
	var text strings.Builder
	for _, row := range []struct{ label, value string }{
		{"signed in by", string(method)}, {"kind", kind}, {"issuer", t.Issuer}, {"audience", t.Audience},
		{"version", t.Version},
		{"tenant", t.TenantID}, {"object", t.ObjectID}, {"client", t.ClientID}, {"scopes", strings.Join(t.Scopes, " ")},
		{"roles", strings.Join(t.Roles, " ")}, {"issued", moment(t.IssuedAt)}, {"valid from", moment(t.NotBefore)},
		{"valid until", a.until(t.Expires)},
		{"signed with", strings.TrimSpace(t.Algorithm + " " + t.KeyID)},
	} {
		value := row.value
		if value == "" {
			value = "none"
		}
		fmt.Fprintf(&text, "%s %s\n", style.Faint(fmt.Sprintf("%-13s", row.label)), terminal.Safe(value))
	}
	_, err := io.WriteString(a.out, text.String())
	return err
}

func (a *app) until(t time.Time) string {
	left := t.Sub(a.now()).Round(time.Minute)
	if t.IsZero() || left <= 0 {
		return moment(t) + " (expired)"
	}
	return fmt.Sprintf("%s (%d minutes left)", moment(t), int(left.Minutes()))
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
