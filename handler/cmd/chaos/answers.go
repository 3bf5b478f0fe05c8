package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"
)

// answer is the answer to a request. Its status is 0 if there was none.
type answer struct {
	status int
	code   string // of a problem
	header http.Header
	body   []byte
}

// call is a request to the host.
type call struct {
	kind      string // for the tally
	method    string
	path      string
	mediaType string    // of the body
	body      io.Reader // nil = none
	token     string    // "" = none
}

// send posts a PDF to the host, or sends GET without a body, and checks the form of the answer.
func (s *storm) send(ctx context.Context, kind, path string, body io.Reader, token string) answer {
	method := http.MethodPost
	if body == nil {
		method = http.MethodGet
	}
	return s.ask(ctx, call{kind, method, path, "application/pdf", body, token})
}

// ask sends a request to the host, and checks the form of the answer.
func (s *storm) ask(ctx context.Context, c call) answer {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience) // begun requests end
	defer cancel()
	kind := c.kind
	request, err := http.NewRequestWithContext(ctx, c.method, s.host.URL()+c.path, c.body)
	if err != nil {
		s.tally.wrong("%s: %v", kind, err)
		return answer{}
	}
	if c.body != nil {
		request.Header.Set("Content-Type", c.mediaType)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	began := time.Now()
	a, err := do(request)
	s.tally.add(kind, a, time.Since(began), err)
	if reason := s.unexplained(kind, a, began, err); reason != "" {
		s.tally.wrong("%s: %s", kind, reason)
	}
	if a.code == "invalid_token" && c.token != "" {
		_ = s.renew(ctx) // the next answer shows whether that was enough
	}
	return a
}

func do(request *http.Request) (answer, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, header: response.Header}
	if a.body, err = io.ReadAll(response.Body); err != nil {
		return answer{}, err
	}
	if a.status/100 != 2 {
		var problem struct{ Code string }
		_ = json.Unmarshal(a.body, &problem)
		a.code = problem.Code
	}
	return a, nil
}

var instance = regexp.MustCompile(`"instance":"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"`)

// unexplained returns the reason why such an answer must not occur; "" = it may.
func (s *storm) unexplained(kind string, a answer, began time.Time, err error) string {
	killed := s.events.killed(began)
	switch {
	case kind == "cut" && err != nil:
		return "" // this client cut the connection itself
	case err != nil && !killed:
		return "no answer: " + err.Error()
	case err != nil || a.status/100 == 2:
		return ""
	case a.code == "" && killed && a.status >= 502 && a.status <= 504: // the host's own
		return ""
	case a.code == "":
		return fmt.Sprintf("status %d without a problem", a.status)
	case a.header.Get("Content-Type") != "application/problem+json" || !instance.Match(a.body) ||
		a.header.Get("Influxion-Invocation-Id") == "":
		return fmt.Sprintf("status %d %s without the form of a problem", a.status, a.code)
	case a.status >= 500 && a.status != http.StatusServiceUnavailable && a.status != http.StatusGatewayTimeout:
		return fmt.Sprintf("status %d %s", a.status, a.code)
	case (a.status == http.StatusServiceUnavailable || a.status == http.StatusTooManyRequests) &&
		!bounded(a.header.Get("Retry-After")):
		return fmt.Sprintf("%s with Retry-After %q", a.code, a.header.Get("Retry-After"))
	case a.status == http.StatusUnauthorized && a.header.Get("WWW-Authenticate") == "":
		return a.code + " without WWW-Authenticate"
	case bytes.Contains(a.body, []byte("vault.azure.net")) || bytes.Contains(a.body, []byte(s.cloud.TenantID)):
		return a.code + " that names a vault or a tenant"
	case kind == "anonymous" && a.code == "token_missing", kind == "cut" && a.status/100 == 4,
		slices.Contains(ofLoad, a.code) && kind != "health", s.events.explain(a.code, began):
		return ""
	}
	return fmt.Sprintf("status %d %s, which no fault explains", a.status, a.code)
}

// bounded reports whether a Retry-After is a number of seconds from one to an hour.
func bounded(retryAfter string) bool {
	seconds, err := strconv.Atoi(retryAfter)
	return err == nil && seconds >= 1 && seconds <= 3600
}

// tally counts the answers. Safe for concurrent use.
type tally struct {
	mu       sync.Mutex
	outcomes map[string]map[string]int
	took     map[string][]time.Duration
	faults   []string // what was wrong, the first maxFaults of them
	wrongs   int
}

const maxFaults = 50

func newTally() *tally {
	return &tally{outcomes: map[string]map[string]int{}, took: map[string][]time.Duration{}}
}

func (t *tally) add(kind string, a answer, took time.Duration, err error) {
	outcome := fmt.Sprint(a.status, " ", a.code)
	switch {
	case errors.Is(err, errCut):
		outcome = "cut"
	case err != nil:
		outcome = "no answer"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.outcomes[kind] == nil {
		t.outcomes[kind] = map[string]int{}
	}
	t.outcomes[kind][outcome]++
	t.took[kind] = append(t.took[kind], took)
}

func (t *tally) wrong(format string, arguments ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wrongs++; len(t.faults) < maxFaults {
		t.faults = append(t.faults, fmt.Sprintf(format, arguments...))
	}
}

// print writes the number of answers of each kind, their times, and all that was wrong.
func (t *tally) print(out io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, kind := range slices.Sorted(maps.Keys(t.outcomes)) {
		took := t.took[kind]
		slices.Sort(took)
		at := func(percent int) time.Duration {
			return took[min(len(took)*percent/100, len(took)-1)].Round(time.Millisecond)
		}
		fmt.Fprintf(out, "%s: %d, 50 %% within %v, 99 %% within %v, all within %v\n", kind, len(took), at(50), at(99),
			at(100))
		for _, outcome := range slices.Sorted(maps.Keys(t.outcomes[kind])) {
			fmt.Fprintf(out, "    %6d  %s\n", t.outcomes[kind][outcome], outcome)
		}
	}
	for _, detail := range t.faults {
		fmt.Fprintln(out, "WRONG:", detail)
	}
	fmt.Fprintf(out, "%d wrong answers\n", t.wrongs)
}

// verdict returns an error if anything was wrong, or if nothing was tried.
func (t *tally) verdict() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.wrongs > 0:
		return fmt.Errorf("%d wrong answers", t.wrongs)
	case t.outcomes["sign B-B"]["200 "] == 0:
		return errors.New("no document was signed")
	case t.outcomes[jobEnded]["200 "] == 0:
		return errors.New("no job was done")
	}
	return nil
}
