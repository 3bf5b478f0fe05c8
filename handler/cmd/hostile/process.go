package main

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

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
)

// target starts handlers to send documents to.
type target struct {
	cloud *cloudtest.Cloud
	root  string
}

// process is a running handler.
type process struct {
	host  *hosttest.Host
	token string
}

// start starts the handler, and lets it fetch keys and certificate.
func (t *target) start(ctx context.Context, environ ...string) (*process, error) {
	host, err := t.cloud.StartHost(ctx, hosttest.Config{Root: t.root, Environ: environ})
	if err != nil {
		return nil, err
	}
	p := &process{host: host}
	if err := host.Ready(ctx); err != nil {
		host.Close()
		return nil, err
	}
	token, err := t.cloud.UserCredential().GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{t.cloud.Scope}})
	if err != nil {
		host.Close()
		return nil, err
	}
	p.token = token.Token
	for _, route := range routes {
		if _, err := p.send(ctx, route, pdftest.Sample(0)); err != nil {
			host.Close()
			return nil, err
		}
	}
	return p, nil
}

// routes are those that read documents.
var routes = []string{"verify", "sign", "extend", "timestamp"}

// answer is what came of a request.
type answer struct {
	status int
	code   string // of a problem
	took   time.Duration
}

func (a answer) String() string {
	if a.code == "" {
		return strconv.Itoa(a.status)
	}
	return fmt.Sprintf("%d %s", a.status, a.code)
}

// send sends a document straight to the handler.
func (p *process) send(ctx context.Context, route string, document []byte) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.host.HandlerURL()+"/api/"+route,
		bytes.NewReader(document))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	request.Header.Set("Content-Type", "application/pdf")
	began := time.Now()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	a := answer{status: response.StatusCode, took: time.Since(began)}
	if response.StatusCode != http.StatusOK {
		_, after, _ := strings.Cut(string(body), `"code":"`)
		a.code, _, _ = strings.Cut(after, `"`)
	}
	return a, err
}

// memory gives the process's memory now and at its peak, in bytes: proc_pid_status(5).
func (p *process) memory() (now, peak int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.host.PID()))
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

// resetPeak sets the peak to the memory taken now: proc_pid_clear_refs(5).
func (p *process) resetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.host.PID()), []byte("5"), 0o200)
}

// processorTime is what the process has used: proc_pid_stat(5), fields utime and stime, in
// hundredths of a second.
func (p *process) processorTime() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.host.PID()))
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
