package loadtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
)

// Target starts handlers that receive documents.
type Target struct {
	Cloud *cloudtest.Cloud
	Root  string // the script root: host.json, the function folders, the handler
}

// Process is a running handler, with access tokens of two callers who may sign. Safe for concurrent
// use.
type Process struct {
	Host       *hosttest.Host
	Token      string // of a user
	OtherToken string // of the client application itself
}

// Start starts the handler with additional environment variables. Then it sends a document to each
// of the paths, so that the handler has loaded keys and certificate.
func (t *Target) Start(ctx context.Context, paths []string, environ ...string) (*Process, error) {
	host, err := t.Cloud.StartHost(ctx, hosttest.Config{Root: t.Root, Environ: environ})
	if err != nil {
		return nil, err
	}
	p := &Process{Host: host}
	if err := p.warm(ctx, t.Cloud, paths); err != nil {
		host.Close()
		return nil, err
	}
	return p, nil
}

func (p *Process) warm(ctx context.Context, cloud *cloudtest.Cloud, paths []string) error {
	if err := p.Host.Ready(ctx); err != nil {
		return err
	}
	application, err := cloud.Credential()
	if err != nil {
		return err
	}
	for to, credential := range map[*string]azcore.TokenCredential{&p.Token: cloud.UserCredential(),
		&p.OtherToken: application} {
		token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{cloud.Scope}})
		if err != nil {
			return err
		}
		*to = token.Token
	}
	for _, path := range paths {
		if _, err := p.Send(ctx, path, pdftest.Sample(0)); err != nil {
			return err
		}
	}
	return nil
}

// Answer is the answer to a request.
type Answer struct {
	Status     int
	Code       string // of a problem
	RetryAfter time.Duration
	Took       time.Duration
}

func (a Answer) String() string {
	if a.Code == "" {
		return strconv.Itoa(a.Status)
	}
	return fmt.Sprintf("%d %s", a.Status, a.Code)
}

// Request makes a request with a PDF body that goes directly to the handler. path follows /api/.
func (p *Process) Request(ctx context.Context, path string, body io.Reader, length int64) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Host.HandlerURL()+"/api/"+path, body)
	if err != nil {
		return nil, err
	}
	request.ContentLength = length
	request.Header.Set("Authorization", "Bearer "+p.Token)
	request.Header.Set("Content-Type", "application/pdf")
	return request, nil
}

// Send sends a document.
func (p *Process) Send(ctx context.Context, path string, document []byte) (Answer, error) {
	request, err := p.Request(ctx, path, bytes.NewReader(document), int64(len(document)))
	if err != nil {
		return Answer{}, err
	}
	return Do(http.DefaultClient, request, func(body io.Reader) error {
		_, err := io.Copy(io.Discard, body)
		return err
	})
}

// Do sends a request. take gets the body of an answer with status 200.
func Do(client *http.Client, request *http.Request, take func(body io.Reader) error) (Answer, error) {
	began := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	a := Answer{Status: response.StatusCode}
	if response.StatusCode == http.StatusOK {
		err = take(response.Body)
	} else {
		var problem []byte
		problem, err = io.ReadAll(io.LimitReader(response.Body, 64<<10))
		_, after, _ := strings.Cut(string(problem), `"code":"`)
		a.Code, _, _ = strings.Cut(after, `"`)
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		a.RetryAfter = time.Duration(seconds) * time.Second
	}
	a.Took = time.Since(began)
	return a, err
}

// Memory returns the process's current and peak memory, in bytes: proc_pid_status(5).
func (p *Process) Memory() (now, peak int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Host.PID()))
	if err != nil {
		return 0, 0, err
	}
	value := func(key string) int64 {
		_, after, _ := strings.Cut(string(text), "\n"+key+":")
		kilobytes, _ := strconv.ParseInt(strings.Fields(after + " 0")[0], 10, 64)
		return kilobytes << 10
	}
	return value("VmRSS"), value("VmHWM"), nil
}

// ResetPeak sets the peak to the current memory: proc_pid_clear_refs(5).
func (p *Process) ResetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.Host.PID()), []byte("5"), 0o200)
}

// ProcessorTime is the processor time that the process has used: proc_pid_stat(5), fields utime and
// stime, in hundredths of a second.
func (p *Process) ProcessorTime() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Host.PID()))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] {
		value, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += value
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
