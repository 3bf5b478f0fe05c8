package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"influxion/handler/internal/pdftest"
)

const (
	laboratories = 6                // clouds at once
	faultLasts   = 3 * time.Second  // and longer, if the handler takes longer to start
	recoverIn    = 45 * time.Second // refusals of the vault and failures of trust services are remembered for 30 s
	recoverPause = 250 * time.Millisecond
)

// recovery is how long the effects of a fault lasted.
type recovery struct {
	fault string
	cold  bool // the handler started during the fault
	after time.Duration
	lacks string // what did not work at the end; "" = all works
}

// recoveries causes a number of faults, each alone, for a handler that has served before and for
// one that starts during the fault. It prints how long it takes until everything works again. The
// seed chooses the faults.
func recoveries(ctx context.Context, root string, faults int, seed uint64, out io.Writer) error {
	l := &laboratory{tally: newTally(), root: root}
	var group sync.WaitGroup
	for n := range min(laboratories, faults) {
		group.Go(func() {
			l.run(ctx, func(possible []event) (chosen []event) {
				order := rand.New(rand.NewPCG(seed, 0)).Perm(len(possible))
				for i := n; i < min(faults, len(order)); i += laboratories {
					chosen = append(chosen, possible[order[i]])
				}
				return chosen
			})
		})
	}
	group.Wait()
	slices.SortFunc(l.all, func(a, b recovery) int { return strings.Compare(a.String(), b.String()) })
	for _, r := range l.all {
		fmt.Fprintf(out, "%-62s %8.2f s\n", r, r.after.Seconds())
		if r.lacks != "" {
			l.tally.wrong("%v after %s: %s", recoverIn, r, r.lacks)
		}
	}
	l.tally.print(out)
	return l.tally.verdict()
}

// laboratory collects what was measured. Safe for concurrent use.
type laboratory struct {
	tally *tally
	root  string

	mu  sync.Mutex
	all []recovery
}

// run causes some of the possible faults in a cloud of its own.
func (l *laboratory) run(ctx context.Context, choose func(possible []event) []event) {
	s, err := newStorm(ctx, l.root, l.tally)
	if err != nil {
		l.tally.wrong("start: %v", err)
		return
	}
	defer s.close()
	for _, fault := range choose(s.possible()) {
		for _, cold := range []bool{false, true} {
			r := s.recover(ctx, fault, cold)
			l.mu.Lock()
			l.all = append(l.all, r)
			l.mu.Unlock()
		}
	}
}

func (r recovery) String() string {
	if r.cold {
		return r.fault + ", at the start"
	}
	return r.fault
}

// recover causes one fault under some requests, and measures how long its effects last.
func (s *storm) recover(ctx context.Context, fault event, cold bool) recovery {
	r := recovery{fault: fault.name, cold: cold}
	over := s.events.begin(fault)
	fault.begin()
	ended := s.events.begin(event{name: killed, explains: slices.Concat(ofKill, ofEntra)})
	if cold {
		s.kill()
		s.awaitHandler()
	}
	ended()
	within, cancel := context.WithTimeout(ctx, faultLasts)
	for within.Err() == nil {
		_ = s.lacks(within)
		wait(within, recoverPause)
	}
	cancel()
	fault.end()
	over()
	began := time.Now()
	for {
		r.lacks = s.lacks(ctx)
		r.after = time.Since(began)
		if r.lacks == "" || r.after > recoverIn || ctx.Err() != nil {
			return r
		}
		wait(ctx, recoverPause)
	}
}

// lacks tries everything, and returns the first thing that does not work; "" = all works.
func (s *storm) lacks(ctx context.Context) string {
	if err := s.renew(ctx); err != nil {
		return "no token: " + err.Error()
	}
	document := pdftest.Sample(1000)
	for _, level := range []string{"B-B", "B-LTA"} {
		a := s.send(ctx, "sign "+level, "/api/sign?level="+level, bytes.NewReader(document), s.bearer())
		if a.status != http.StatusOK {
			return fmt.Sprintf("sign %s: %d %s", level, a.status, a.code)
		}
		if err := s.witness.document(a.header, document, a.body, level); err != nil {
			s.tally.wrong("a document signed at %s: %v", level, err)
		}
	}
	if a, err := s.health(ctx, "?ready=1"); err != nil || a.status != http.StatusOK {
		return fmt.Sprintf("health: %d %s %v", a.status, a.body, err)
	}
	return s.lacksJobs(ctx, document)
}

// lacksJobs submits a job and waits for its end for a moment.
func (s *storm) lacksJobs(ctx context.Context, document []byte) string {
	const moment = 5 * time.Second
	body := `{"jobs": [{"operation": "sign", "document": "` + base64.StdEncoding.EncodeToString(document) + `"}]}`
	a := s.ask(ctx, call{kind: "jobs", method: http.MethodPost, path: "/api/jobs", mediaType: "application/json",
		body: strings.NewReader(body), token: s.bearer()})
	var answer struct{ Jobs []struct{ ID string } }
	if a.status != http.StatusAccepted || json.Unmarshal(a.body, &answer) != nil || len(answer.Jobs) != 1 {
		return fmt.Sprintf("submit a job: %d %s", a.status, a.code)
	}
	job := &queuedJob{answer.Jobs[0].ID, document, time.Now()}
	for time.Since(job.began) < moment && ctx.Err() == nil {
		if s.look(ctx, job) {
			return ""
		}
		wait(ctx, recoverPause)
	}
	return "the job does not end"
}
