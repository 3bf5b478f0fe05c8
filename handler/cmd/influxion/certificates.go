package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/cmd/influxion/internal/waiting"
)

func (a *app) certificatesCommand() *cobra.Command {
	var chain bool
	var certificateVersion string
	c := &cobra.Command{
		Use: "certificates [NAME]", Short: "List the certificates that you may sign with", Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeCertificates,
		Example:           "  influxion certificates\n  influxion certificates seal --chain >seal.pem",
		RunE: a.does(func(ctx context.Context, names []string) error {
			if (chain || certificateVersion != "") && len(names) == 0 {
				return exit.UsageError(fmt.Errorf("--chain and --certificate-version are for one certificate: name it"))
			}
			service, err := a.service()
			if err != nil {
				return err
			}
			ctx, cancel := a.limited(ctx)
			defer cancel()
			if chain {
				text, err := service.Chain(ctx, names[0], certificateVersion)
				if err == nil {
					_, err = a.out.Write(text)
				}
				return waiting.TimedOut(ctx, err)
			}
			list, err := listing(ctx, service, names, certificateVersion)
			if err != nil {
				return waiting.TimedOut(ctx, err)
			}
			for _, u := range list.Unavailable {
				a.notice(fmt.Sprintf("%s cannot be used now: %s", u.Name, u.Code))
			}
			return a.printCertificates(list.Certificates)
		}),
	}
	c.Flags().BoolVar(&chain, "chain", false, "print the public chain in PEM, leaf first")
	c.Flags().StringVar(&certificateVersion, "certificate-version", "",
		"`VERSION` of the certificate (default: the current one)")
	a.jsonFlag(c, "a line of JSON for each certificate")
	return c
}

// listing returns the named certificate, or all that the caller may use.
func listing(ctx context.Context, service *client.Client, names []string, version string) (client.Listing, error) {
	if len(names) == 0 {
		return service.List(ctx)
	}
	one, err := service.Certificate(ctx, names[0], version)
	if err != nil {
		return client.Listing{}, err
	}
	return client.Listing{Certificates: []client.Certificate{*one}}, nil
}

func (a *app) printCertificates(list []client.Certificate) error {
	style := a.style(a.out)
	for _, c := range list {
		if a.global.jsonOutput {
			if _, err := fmt.Fprint(a.out, terminal.JSONLine(c)); err != nil {
				return err
			}
			continue
		}
		until := c.NotAfter.UTC().Format(time.DateOnly)
		switch left := c.NotAfter.Sub(a.now()); {
		case left <= 0:
			until = style.Bad("expired " + until)
		case left < 30*24*time.Hour:
			until = style.Doubt(fmt.Sprintf("until %s (%d days left)", until, int(left.Hours()/24)))
		default:
			until = "until " + until
		}
		if _, err := fmt.Fprintf(a.out, "%s  %s  %s  %s\n  version %s\n  SHA-256 %s\n",
			style.Strong(terminal.Safe(c.Name)), terminal.Safe(c.Subject),
			terminal.Safe(c.KeyAlgorithm), until, terminal.Safe(c.Version), terminal.Safe(c.Fingerprint)); err != nil {
			return err
		}
		if next := c.Successor; next != nil {
			if _, err := fmt.Fprintf(a.out, "  %s\n", style.Doubt(fmt.Sprintf("version %s does not sign yet: %s",
				terminal.Safe(next.Version), terminal.Safe(next.Reason)))); err != nil {
				return err
			}
		}
	}
	if len(list) == 0 {
		a.notice("there is no certificate that you may sign with")
	}
	return nil
}
