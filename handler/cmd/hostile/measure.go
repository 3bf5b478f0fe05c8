package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"influxion/handler/internal/hostiletest"
	"influxion/handler/internal/loadtest"
)

// cost is what a document costs on one route.
type cost struct {
	answer loadtest.Answer
	memory int64 // bytes by which the process has grown at most, beside the document
	time   time.Duration
}

// measure sends each document alone to a fresh handler, and writes a table of the costs.
func measure(ctx context.Context, t *loadtest.Target, files []hostiletest.File, out io.Writer) error {
	const form = "%-52s  %4s  %-9s  %-24s  %12s  %10s  %s\n"
	fmt.Fprintf(out, form, "document", "KiB", "route", "answer", "processor ms", "MiB beside", "holds")
	over, worst := 0, cost{}
	for _, file := range files {
		costs, err := costsOf(ctx, t, file)
		if err != nil {
			return fmt.Errorf("%s: %w", file.Name, err)
		}
		for i, c := range costs {
			holds := "yes"
			if c.memory > maxMemory || c.time > maxTime {
				holds = "NO"
				over++
			}
			worst.memory, worst.time = max(worst.memory, c.memory), max(worst.time, c.time)
			fmt.Fprintf(out, form, file.Name, fmt.Sprint(len(file.Data)>>10), routes[i], c.answer,
				fmt.Sprint(c.time.Milliseconds()),
				fmt.Sprintf("%.1f", mebibytes(c.memory)), holds)
		}
	}
	fmt.Fprintf(out, "%d documents on %d routes; at most %d ms and %.1f MiB (limits %d ms and %.0f MiB); %d over\n\n",
		len(files), len(routes), worst.time.Milliseconds(), mebibytes(worst.memory), maxTime.Milliseconds(),
		mebibytes(maxMemory), over)
	if over > 0 {
		return fmt.Errorf("%d documents exceed the limits", over)
	}
	return nil
}

func mebibytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// costsOf returns what a document costs on each of the routes.
func costsOf(ctx context.Context, t *loadtest.Target, file hostiletest.File) ([]cost, error) {
	p, err := t.Start(ctx, routes)
	if err != nil {
		return nil, err
	}
	defer p.Host.Close()
	idle, _, err := p.Memory()
	if err != nil {
		return nil, err
	}
	var all []cost
	for _, route := range routes {
		if err := p.ResetPeak(); err != nil {
			return nil, err
		}
		before, err := p.ProcessorTime()
		if err != nil {
			return nil, err
		}
		got, err := p.Send(ctx, route, file.Data)
		if err != nil {
			return nil, err
		}
		after, err := p.ProcessorTime()
		if err != nil {
			return nil, err
		}
		_, peak, err := p.Memory()
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(got.String(), "5") && got.Code != "busy" {
			return nil, fmt.Errorf("%s: got %s, want an answer", route, got)
		}
		all = append(all, cost{got, peak - idle - int64(len(file.Data)), after - before})
	}
	return all, nil
}
