// Command load puts the staged handler in a local Azure under load, and prints what it measures
// next to the claims. `overload` sends far more and far larger documents than an instance has
// memory for. `fleet` runs several handlers that share one vault. `jobs` signs the same documents
// by requests that wait and by jobs. The program needs Linux, because it reads the memory and the
// processor time of a process in /proc. It exits with 1 if a claim does not hold.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/loadtest"
)

func main() { cloudtest.Main("load", run) }

func run(ctx context.Context, arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("load overload|fleet|jobs", flag.ContinueOnError)
	root := flags.String("root", "dist", "script `folder`: host.json, the function folders, the handler")
	seconds := flags.Int("seconds", 60, "how long the load of overload, or of each row of fleet, lasts")
	if len(arguments) == 0 {
		return errors.New("name one of overload, fleet and jobs")
	}
	if err := flags.Parse(arguments[1:]); err != nil {
		return err
	}
	if *seconds < 1 || flags.NArg() > 0 {
		return errors.New("-seconds must be at least 1, and only flags may follow the command")
	}
	period := time.Duration(*seconds) * time.Second
	var c claims
	var err error
	switch arguments[0] {
	case "overload":
		err = withTarget(ctx, cloudtest.Config{}, *root, func(t *loadtest.Target) error {
			return (&overload{period: period}).run(ctx, t, out, &c)
		})
	case "fleet":
		err = withTarget(ctx, cloudtest.Config{HeldName: heldName, CacheTTL: fleetTTL}, *root,
			func(t *loadtest.Target) error { return (&fleet{period: period, clients: eachClients}).run(ctx, t, &c) })
	case "jobs":
		j := &jobsLoad{period: period}
		err = withTarget(ctx, j.config(), *root, func(t *loadtest.Target) error { return j.run(ctx, t, &c) })
	default:
		err = fmt.Errorf("%s is neither overload, fleet nor jobs", arguments[0])
	}
	if err != nil {
		return err
	}
	return c.print(out)
}

// withTarget calls use with a local Azure and closes the Azure afterwards.
func withTarget(ctx context.Context, config cloudtest.Config, root string, use func(*loadtest.Target) error) error {
	cloud, err := cloudtest.Start(ctx, config)
	if err != nil {
		return err
	}
	defer cloud.Close()
	return use(&loadtest.Target{Cloud: cloud, Root: root})
}

// claims are figures with their limits.
type claims []claim

type claim struct {
	what     string
	measured float64
	unit     string
	limit    float64
	least    bool // the figure is at least the limit, not at most
	free     bool // there is no limit
}

func (c claim) holds() bool {
	if c.least {
		return c.measured >= c.limit
	}
	return c.free || c.measured <= c.limit
}

func (c *claims) atMost(what string, measured float64, unit string, limit float64) {
	*c = append(*c, claim{what: what, measured: measured, unit: unit, limit: limit})
}

// note adds a figure without a limit.
func (c *claims) note(what string, measured float64, unit string) {
	*c = append(*c, claim{what: what, measured: measured, unit: unit, free: true})
}

func (c *claims) atLeast(what string, measured float64, unit string, limit float64) {
	*c = append(*c, claim{what: what, measured: measured, unit: unit, limit: limit, least: true})
}

// print writes the table. Its error says how many claims do not hold.
func (c claims) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "what\tmeasured\tclaim\tholds")
	over := 0
	for _, row := range c {
		if row.free {
			fmt.Fprintf(table, "%s\t%.2f %s\t\t\n", row.what, row.measured, row.unit)
			continue
		}
		sign, holds := "≤", "yes"
		if row.least {
			sign = "≥"
		}
		if !row.holds() {
			holds = "NO"
			over++
		}
		fmt.Fprintf(table, "%s\t%.2f %s\t%s %.2f\t%s\n", row.what, row.measured, row.unit, sign, row.limit, holds)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	switch {
	case len(c) == 0:
		return errors.New("nothing was measured")
	case over > 0:
		return fmt.Errorf("%d claims are not met", over)
	}
	return nil
}
