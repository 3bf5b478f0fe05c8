package main

import (
	"context"

	"github.com/spf13/cobra"

	"influxion/handler/client"
)

func (a *app) extendCommand() *cobra.Command {
	b := &batch{suffix: "extended"}
	var extension client.Extension
	c := &cobra.Command{
		Use: "extend FILE…", Short: "Lengthen the life of signatures: bring them to B-T, B-LT or B-LTA",
		Args: needFiles,
		Long: `Extend adds to each document what its signatures need to be verified for longer: a timestamp (B-T), certificates and revocation data
(B-LT), and an archive timestamp over all of it (B-LTA). A document at B-LTA gets another archive timestamp: do that before the last one's
certificate expires. Nothing is signed anew, and existing signatures stay valid. A folder stands for the PDFs in it.`,
		Example: `  influxion extend contract.signed.pdf
  influxion extend --level B-LT -o archive *.pdf
  influxion extend --recursive -o renewed archive/
  influxion extend --allow-lower --json contract.signed.pdf`,
		RunE: a.does(func(ctx context.Context, files []string) error {
			if err := checkLevel(&extension.Level, extendedLevels...); err != nil {
				return err
			}
			return a.sealAll(ctx, b, files, func(service *client.Client) sealing {
				return func(ctx context.Context, document client.Document) (*client.Signed, error) {
					return service.Extend(ctx, document, extension)
				}
			})
		}),
	}
	b.flags(c.Flags())
	c.Flags().StringVar(&extension.Level, "level", "", "B-T, B-LT or B-LTA (default B-LTA)")
	choices(c, "level", extendedLevels...)
	c.Flags().BoolVar(&extension.AllowLower, "allow-lower", false, "accept a lower level where a trust service fails")
	a.jsonFlag(c, "a line of JSON for each file")
	return c
}

func (a *app) timestampCommand() *cobra.Command {
	b := &batch{suffix: "timestamped"}
	c := &cobra.Command{
		Use: "timestamp FILE…", Short: "Add a document timestamp", Args: needFiles,
		Long: `Timestamp adds a document timestamp (ETSI EN 319 142-1) to each document, in a signature field of its own. It proves that the document
existed at that time, and not who wrote or approved it. A folder stands for the PDFs in it.`,
		Example: `  influxion timestamp minutes.pdf
  influxion timestamp -o timestamped scans/
  influxion timestamp - <minutes.pdf >minutes.timestamped.pdf`,
		RunE: a.does(func(ctx context.Context, files []string) error {
			return a.sealAll(ctx, b, files, func(service *client.Client) sealing { return service.Timestamp })
		}),
	}
	b.flags(c.Flags())
	a.jsonFlag(c, "a line of JSON for each file")
	return c
}
