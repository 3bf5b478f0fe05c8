package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync/atomic"

	"influxion/handler/internal/loadtest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/rendertest"
)

// templates sends each hostile template alone to a fresh handler, and writes a table of the costs
// to the handler's process. It does not count the cost to the renderer.
type templates struct {
	chosen func(name string) bool
	out    io.Writer

	environ []string // leads the handler to the renderer
	fetched atomic.Int64
}

// run measures all templates with the given renderer program, or with a stand-in that does not
// interpret the page.
func (m *templates) run(ctx context.Context, t *loadtest.Target, program string) error {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { m.fetched.Add(1) }))
	defer elsewhere.Close()
	all := slices.Concat(rendertest.HostileTemplates(), rendertest.HostilePages(elsewhere.URL))
	all = slices.DeleteFunc(all, func(one rendertest.HostileTemplate) bool { return !m.chosen(one.Name) })
	if len(all) == 0 {
		return errors.New("no template has a name of this pattern")
	}
	end, err := m.startRenderer(ctx, program)
	if err != nil {
		return err
	}
	defer end()
	const form = "%-36s  %5s  %-30s  %12s  %10s  %10s  %s\n"
	fmt.Fprintf(m.out, form, "template", "KiB", "answer", "processor ms", "idle MiB", "MiB beside", "holds")
	over, worst := 0, cost{}
	for _, one := range all {
		body, err := requestOf(one)
		if err != nil {
			return err
		}
		c, idle, err := m.costOf(ctx, t, body)
		if err != nil {
			return fmt.Errorf("%s: %w", one.Name, err)
		}
		holds := "yes"
		if c.memory > maxMemory {
			holds = "NO"
			over++
		}
		worst.memory, worst.time = max(worst.memory, c.memory), max(worst.time, c.time)
		fmt.Fprintf(m.out, form, one.Name, fmt.Sprint(len(body)>>10), c.answer, fmt.Sprint(c.time.Milliseconds()),
			fmt.Sprintf("%.1f", mebibytes(idle)), fmt.Sprintf("%.1f", mebibytes(c.memory)), holds)
	}
	fmt.Fprintf(m.out, "%d templates; at most %d ms and %.1f MiB (limit %.0f MiB); %d over; %d fetched\n", len(all),
		worst.time.Milliseconds(), mebibytes(worst.memory), mebibytes(maxMemory), over, m.fetched.Load())
	switch {
	case over > 0:
		return fmt.Errorf("%d templates exceed the limits", over)
	case m.fetched.Load() > 0:
		return errors.New("something was fetched")
	}
	return m.serves(ctx, t)
}

func (m *templates) startRenderer(ctx context.Context, program string) (end func(), err error) {
	if program != "" {
		started, err := rendertest.Start(ctx, program, os.Stderr)
		if err != nil {
			return nil, err
		}
		if started != nil {
			m.environ = started.Environ()
			fmt.Fprintln(m.out, "renderer: cmd/renderer over the local Chromium")
			return started.Close, nil
		}
	}
	standIn := rendertest.New()
	m.environ = []string{"INFLUXION_RENDERER_URL=" + standIn.URL}
	fmt.Fprintln(m.out, "renderer: the stand-in of the tests, which always prints the same page: there is no Chromium")
	return standIn.Close, nil
}

// requestOf returns the body of POST /api/generate. It leaves the data as they are, because they
// may be invalid JSON.
func requestOf(one rendertest.HostileTemplate) ([]byte, error) {
	var html bytes.Buffer
	to := json.NewEncoder(&html)
	to.SetEscapeHTML(false)
	err := to.Encode(one.HTML)
	return fmt.Appendf(nil, `{"html_template":{"content":%s},"data":%s,"pdf_standard":"pdf/a-2b"}`, html.Bytes(),
		cmp.Or(one.Data, "{}")), err
}

// costOf lets a fresh handler generate a document from a template, and then sign another document.
func (m *templates) costOf(ctx context.Context, t *loadtest.Target, body []byte) (c cost, idle int64, err error) {
	p, err := t.Start(ctx, []string{"sign"}, m.environ...)
	if err != nil {
		return c, 0, err
	}
	defer p.Host.Close()
	if idle, _, err = p.Memory(); err != nil {
		return c, 0, err
	}
	if err := p.ResetPeak(); err != nil {
		return c, 0, err
	}
	before, err := p.ProcessorTime()
	if err != nil {
		return c, 0, err
	}
	if c.answer, err = generate(ctx, p, body); err != nil {
		return c, 0, err
	}
	after, err := p.ProcessorTime()
	if err != nil {
		return c, 0, err
	}
	_, peak, err := p.Memory()
	if err != nil {
		return c, 0, err
	}
	c.memory, c.time = peak-idle-int64(len(body)), after-before
	// The handler is not at fault if a renderer ran out of time or was killed. It is at fault for
	// an internal error of its own.
	if c.answer.Status == http.StatusInternalServerError {
		return c, 0, fmt.Errorf("got %s, want a document or a refusal", c.answer)
	}
	next, err := p.Send(ctx, "sign", pdftest.Sample(0))
	if err == nil && next.Status != http.StatusOK {
		err = fmt.Errorf("got %s to the next request, want a signed document", next)
	}
	return c, idle, err
}

// serves checks that the renderer still prints an ordinary page.
func (m *templates) serves(ctx context.Context, t *loadtest.Target) error {
	body, err := requestOf(rendertest.HostileTemplate{HTML: "<title>x</title><p>{{.a}}", Data: `{"a":1}`})
	if err != nil {
		return err
	}
	p, err := t.Start(ctx, nil, m.environ...)
	if err != nil {
		return err
	}
	defer p.Host.Close()
	answer, err := generate(ctx, p, body)
	if err == nil && answer.Status != http.StatusOK {
		err = fmt.Errorf("got %s of an ordinary template at the end, want a document", answer)
	}
	return err
}

func generate(ctx context.Context, p *loadtest.Process, body []byte) (loadtest.Answer, error) {
	request, err := p.Request(ctx, "generate", bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return loadtest.Answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	return loadtest.Do(http.DefaultClient, request, func(body io.Reader) error {
		_, err := io.Copy(io.Discard, body)
		return err
	})
}
