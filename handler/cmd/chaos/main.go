// Command chaos puts the staged handler under load behind the local host while faults occur.
// Faults affect the vault, Entra ID, managed identity, the timestamp authority, OCSP, CRLs, the
// containers of the audit log and of jobs, the queue of jobs, the clock and the handler's process.
// Crowds of large documents fill its memory, and callers cut connections. The program verifies
// each document that comes back, also from a job: the file, the CMS, the digest, the chain, the
// key and the header fields. Its verification code shares nothing with the handler. Each refusal
// must have the form of a problem, with a code that a current or recent fault explains. The same
// holds for a job that failed or has not ended.
//
// It prints the outcome of the requests, their times, the handler's peak memory and everything
// that was wrong. It exits with 1 if anything was wrong. It needs Linux, because it reads the peak
// memory of a process in /proc. The seed decides the order of the faults; the machine decides
// their times.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"influxion/handler/internal/cloudtest"
)

// container is the memory in MB that the handler is told it has, and that it may use.
const container = 512

func main() { cloudtest.Main("chaos", run) }

func run(ctx context.Context, arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	root := flags.String("root", "dist", "script `folder`: host.json, the function folders, the handler")
	minutes := flags.Float64("minutes", 1, "duration of the run")
	clients := flags.Int("clients", 12, "number of concurrent callers")
	seed := flags.Uint64("seed", 1, "decides the order of faults and requests")
	alone := flags.Int("alone", 0, "cause this `number` of faults, or all if there are fewer, each alone")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *minutes <= 0 || *clients < 1 || *clients > 1000 {
		return errors.New("-minutes must be more than 0, and -clients from 1 to 1000")
	}
	if *alone > 0 {
		return recoveries(ctx, *root, *alone, *seed, out)
	}
	s, err := newStorm(ctx, *root, newTally())
	if err != nil {
		return err
	}
	defer s.close()

	during, end := context.WithTimeout(ctx, time.Duration(*minutes*float64(time.Minute)))
	defer end()
	var all sync.WaitGroup
	all.Go(func() { s.faults(during, rand.New(rand.NewPCG(*seed, 0))) })
	all.Go(func() { s.watchHealth(during) })
	all.Go(func() { s.watchJobs(during) })
	for n := range *clients {
		all.Go(func() { s.client(during, rand.New(rand.NewPCG(*seed, uint64(n+1)))) })
	}
	all.Wait()
	s.calm(ctx)
	s.awaitJobs(ctx)
	s.tally.print(out)
	s.events.print(out)
	fmt.Fprintf(out, "peak memory of the handler: %d MiB of %d MB\n", s.peak.Load()>>20, container)
	return s.tally.verdict()
}
