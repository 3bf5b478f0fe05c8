package main

import (
	"context"

	"github.com/spf13/cobra"

	"influxion/handler/cmd/influxion/internal/manualpage"
)

func (a *app) manualCommand() *cobra.Command {
	return &cobra.Command{
		Use: "manual", Short: "Print the manual page", Args: cobra.NoArgs,
		Long: "Manual prints the manual page of all commands, as man reads it. The archives of a release have it as " +
			"influxion.1.",
		Example: "  influxion manual | man -l -\n  influxion manual > ~/.local/share/man/man1/influxion.1",
		RunE:    a.does(func(context.Context, []string) error { return manualpage.Write(a.out, a.command(), version) }),
	}
}
