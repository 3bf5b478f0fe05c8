// Command chaos puts the staged handler under load behind the local host while faults befall the
// vault, Entra ID, managed identity, the timestamp authority, OCSP, CRLs, the containers of the
// audit log and of jobs, the queue of jobs, the clock and the handler's process itself, and while
// callers cut connections. It verifies each document that comes back, from a job too, by code of
// its own, which shares nothing with the handler: the file, the CMS, the digest, the chain, the key
// and the header fields. Each refusal must have its form, and a code that the faults of the last
// minute explain; so must a job that failed, or has not ended.
//
// It prints what came of the requests, how long they took, the handler's peak memory and all that
// was wrong, and exits with 1 if anything was. It needs Linux, whose /proc has the peak memory of a
// process. The seed decides which faults come in which order; when, is up to the machine.
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

// container is the memory in MB that the handler believes to have, and may take.
const container = 512

func main() { cloudtest.Main("chaos", run) }

func run(ctx context.Context, arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	root := flags.String("root", "dist", "script `folder`: host.json, the function folders, the handler")
	minutes := flags.Float64("minutes", 1, "how long it lasts")
	clients := flags.Int("clients", 12, "callers at once")
	seed := flags.Uint64("seed", 1, "decides the order of faults and requests")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *minutes <= 0 || *clients < 1 || *clients > 1000 {
		return errors.New("it needs more than 0 minutes, and 1 to 1000 clients")
	}
	clock := new(skew)
	cloud, err := cloudtest.Start(ctx, cloudtest.Config{AuditContainer: true, Jobs: true, Now: clock.now,
		CacheTTL: 5 * time.Second})
	if err != nil {
		return err
	}
	defer cloud.Close()
	s := &storm{cloud: cloud, root: *root, tally: newTally(), events: new(events),
		witness: &witness{root: cloud.Root()}}
	if err := s.start(ctx); err != nil {
		return err
	}
	defer s.host.Close()

	during, end := context.WithTimeout(ctx, time.Duration(*minutes*float64(time.Minute)))
	defer end()
	var all sync.WaitGroup
	all.Go(func() { s.faults(during, clock, rand.New(rand.NewPCG(*seed, 0))) })
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
	fmt.Fprintf(out, "the handler took at most %d MiB of %d MB\n", s.peak.Load()>>20, container)
	return s.tally.verdict()
}
