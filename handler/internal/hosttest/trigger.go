package hosttest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// queueTrigger is a queue trigger as function.json describes it.
type queueTrigger struct {
	binding    string
	queue      string
	connection string // prefix of the settings that name the service
}

// timerTrigger is a timer trigger as function.json describes it.
type timerTrigger struct {
	binding  string
	schedule schedule
}

// queueOptions are extensions.queues of host.json, with the host's defaults.
type queueOptions struct {
	batchSize, newBatchThreshold, maxDequeueCount int
	maxPolling, visibility                        time.Duration
	plain                                         bool // messages are not in base64
}

func (q *queueJSON) options() (o queueOptions, err error) {
	o = queueOptions{batchSize: 16, newBatchThreshold: 8, maxDequeueCount: 5, maxPolling: time.Minute}
	for from, to := range map[*int]*int{q.BatchSize: &o.batchSize, q.NewBatchThreshold: &o.newBatchThreshold,
		q.MaxDequeueCount: &o.maxDequeueCount} {
		if from != nil {
			*to = *from
		}
	}
	if o.batchSize < 1 || o.batchSize > 32 || o.newBatchThreshold < 0 || o.maxDequeueCount < 1 {
		return o, errors.New("host.json: extensions.queues is out of range")
	}
	for text, to := range map[*string]*time.Duration{q.MaxPollingInterval: &o.maxPolling,
		q.VisibilityTimeout: &o.visibility} {
		if text == nil {
			continue
		}
		if *to, err = parseTimeSpan(*text); err != nil {
			return o, fmt.Errorf("host.json: extensions.queues: %w", err)
		}
	}
	switch strings.ToLower(q.MessageEncoding) {
	case "none":
		o.plain = true
	case "", "base64":
	default:
		return o, fmt.Errorf("host.json: messageEncoding %q is not understood", q.MessageEncoding)
	}
	return o, nil
}

// setting returns an app setting.
func setting(environ []string, name string) string {
	for _, entry := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// connectQueues makes the client of the queues of a connection, from the settings with the
// connection's name. It uses the roots and the proxy in the handler's environment, so that host and
// handler reach the same services.
func connectQueues(connection string, environ []string) (*queueClient, error) {
	base := setting(environ, connection+"__queueServiceUri")
	if u, err := url.Parse(base); err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("the setting %s__queueServiceUri is missing or not an https address", connection)
	}
	if setting(environ, connection+"__credential") != "managedidentity" {
		return nil, fmt.Errorf("the setting %s__credential is not managedidentity", connection)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: idleConnections, Proxy: func(request *http.Request) (*url.URL,
		error) {
		if host := request.URL.Hostname(); host == "127.0.0.1" || host == "localhost" {
			return nil, nil
		}
		if proxy := setting(environ, "HTTPS_PROXY"); proxy != "" {
			return url.Parse(proxy)
		}
		return nil, nil
	}}
	if file := setting(environ, "SSL_CERT_FILE"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("trust anchors of the host: %w", err)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(text) {
			return nil, errors.New("trust anchors of the host: no certificate")
		}
	}
	return &queueClient{http: &http.Client{Transport: transport, Timeout: 30 * time.Second},
		base:     strings.TrimRight(base, "/"),
		identity: identity{setting(environ, "IDENTITY_ENDPOINT"), setting(environ, "IDENTITY_HEADER")}}, nil
}

// prepareTriggers returns what runs the functions that no request starts. Like the real host, it
// needs a storage account of its own for them.
func (h *Host) prepareTriggers() (run []func(context.Context), err error) {
	for _, function := range h.settings.functions {
		switch {
		case function.timer != nil:
			run = append(run, func(ctx context.Context) { h.tickle(ctx, function) })
		case function.queue != nil:
			client, err := connectQueues(function.queue.connection, h.config.Environ)
			if err != nil {
				return nil, fmt.Errorf("function %s: %w", function.Name, err)
			}
			l := &queueListener{host: h, client: client, function: function, options: h.settings.queues}
			run = append(run, l.run)
		}
	}
	if len(run) > 0 && !slices.ContainsFunc(h.config.Environ, func(entry string) bool {
		name, value, _ := strings.Cut(entry, "=")
		return strings.HasPrefix(name, "AzureWebJobsStorage") && value != ""
	}) {
		return nil, errors.New("the setting AzureWebJobsStorage is missing, which functions without an HTTP " +
			"trigger need")
	}
	return run, nil
}
