// Command hostile sends documents that are made to be expensive to the staged handler in a local
// Azure, and shows how much memory and processor time each costs the handler's process. Then it
// sends eight at once for a while and shows what another caller notices. With -templates it
// measures templates for POST /api/generate instead. It needs Linux, because it reads the peak
// memory of a process in /proc. It exits with 1 if a limit is exceeded.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"regexp"
	"time"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hostiletest"
	"influxion/handler/internal/loadtest"
)

// Limits of what a document of at most one mebibyte may cost in addition to its own size.
const (
	maxMemory = 64 << 20 // bytes by which the process grows
	maxTime   = time.Second
)

// routes are those that read documents.
var routes = []string{"verify", "sign", "extend", "timestamp"}

func main() { cloudtest.Main("hostile", run) }

func run(ctx context.Context, arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("hostile", flag.ContinueOnError)
	root := flags.String("root", "dist", "script `folder`: host.json, the function folders, the handler")
	seconds := flags.Int("seconds", 60, "how long eight senders send; 0 = they do not")
	only := flags.String("only", "", "`pattern` of the names of documents")
	table := flags.Bool("table", true, "show what each document costs")
	ofTemplates := flags.Bool("templates", false, "show what each template costs instead of documents")
	renderer := flags.String("renderer", "", "`program` that prints the pages of templates, such as cmd/renderer")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if *ofTemplates {
		return withTarget(ctx, *root, func(t *loadtest.Target) error {
			return (&templates{chosen: pattern.MatchString, out: out}).run(ctx, t, *renderer)
		})
	}
	files, err := hostiletest.Files()
	if err != nil {
		return err
	}
	var chosen []hostiletest.File
	for _, file := range files {
		if pattern.MatchString(file.Name) {
			chosen = append(chosen, file)
		}
	}
	if len(chosen) == 0 {
		return errors.New("no document has a name of this pattern")
	}
	return withTarget(ctx, *root, func(t *loadtest.Target) error {
		var errs []error
		if *table {
			errs = append(errs, measure(ctx, t, chosen, out))
		}
		if *seconds > 0 {
			errs = append(errs, (&siege{chosen, time.Duration(*seconds) * time.Second}).run(ctx, t, out))
		}
		return errors.Join(errs...)
	})
}

// withTarget calls use with a local Azure and closes the Azure afterwards.
func withTarget(ctx context.Context, root string, use func(*loadtest.Target) error) error {
	cloud, err := cloudtest.Start(ctx, cloudtest.Config{})
	if err != nil {
		return err
	}
	defer cloud.Close()
	return use(&loadtest.Target{Cloud: cloud, Root: root})
}
