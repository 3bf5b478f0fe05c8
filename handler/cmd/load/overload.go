package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"influxion/handler/internal/loadtest"
	"influxion/handler/internal/pdftest"
)

const (
	container     = 512 // MB that the handler takes for the memory of its container
	callers       = 256 // each sends a document of documentBytes
	documentBytes = 50_000_000
	slowCallers   = 8 // each stops within a document of smallBytes
	smallBytes    = 100 << 10
	anonymous     = 8 // who send without a token
	healthPeriod  = 20 * time.Millisecond
	honestPeriod  = 200 * time.Millisecond
	// sendBuffer limits the callers to the buffers that a network would have. Without it, the
	// kernel first copies gigabytes into socket buffers, and everything on the machine waits for
	// that.
	sendBuffer = 128 << 10
)

// overload sends far more documents than there is memory for, while it watches the health and the
// answers to another caller.
type overload struct {
	period          time.Duration
	document, small []byte
	process         *loadtest.Process
	overloadTally
}

// overloadTally is the result.
type overloadTally struct {
	health, sent, other, slow, unknown loadtest.Tally
	bare                               loadtest.Tally // of a server that does nothing: the machine's own share

	untold  atomic.Int64 // refusals without a Retry-After
	unasked atomic.Int64 // most bytes that a caller without a token could send
}

func (o *overload) run(ctx context.Context, t *loadtest.Target, out io.Writer, c *claims) (err error) {
	o.document, o.small = pdftest.Sample(documentBytes), pdftest.Sample(smallBytes)
	o.process, err = t.Start(ctx, []string{"sign"}, fmt.Sprintf("WEBSITE_MEMORY_LIMIT_MB=%d", container))
	if err != nil {
		return err
	}
	defer o.process.Host.Close()
	pid := o.process.Host.PID()
	o.load(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if o.process.Host.PID() != pid {
		return errors.New("the handler ended under the load")
	}
	_, peak, err := o.process.Memory()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d callers with %d MB each for %v, container of %d MB\n", callers, documentBytes/1_000_000,
		o.period, container)
	o.health.Print(out, "health")
	o.bare.Print(out, "a server that does nothing, asked like health")
	o.sent.Print(out, "the callers")
	o.other.Print(out, "another caller, with 100 KB each")
	o.slow.Print(out, "those who stop sending")
	o.unknown.Print(out, "those without a token")
	o.claim(c, peak)
	return nil
}

// load returns when everything that it started has ended.
func (o *overload) load(ctx context.Context) {
	during, end := context.WithTimeout(ctx, o.period)
	defer end()
	var all sync.WaitGroup
	bare := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer bare.Close()
	all.Go(func() { watch(during, o.process.Host.HandlerURL()+"/api/health", &o.health) })
	all.Go(func() { watch(during, bare.URL, &o.bare) })
	each := func(count int, send func(ctx context.Context, client *http.Client) time.Duration) {
		for range count {
			all.Go(func() {
				client := &http.Client{Transport: &http.Transport{DialContext: dial}}
				for during.Err() == nil {
					pause := time.NewTimer(send(ctx, client))
					select {
					case <-during.Done():
					case <-pause.C:
					}
				}
			})
		}
	}
	each(callers, o.send)
	each(1, o.sendSmall)
	each(slowCallers, o.stall)
	each(anonymous, o.sendUnasked)
	all.Wait()
}

// dial connects with a small buffer.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if tcp, ok := connection.(*net.TCPConn); ok {
		err = tcp.SetWriteBuffer(sendBuffer)
	}
	return connection, err
}

// watch requests one address on a connection of its own, again and again.
func watch(ctx context.Context, address string, t *loadtest.Tally) {
	client := &http.Client{Transport: &http.Transport{}}
	tick := time.NewTicker(healthPeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		request, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, address, nil)
		if err != nil {
			t.Add(loadtest.Answer{}, err)
			return
		}
		t.Add(loadtest.Do(client, request, func(body io.Reader) error {
			_, err := io.Copy(io.Discard, body)
			return err
		}))
	}
}

// send sends a document, and compares the answer with it. It returns the time to wait that a
// refusal asks for.
func (o *overload) send(ctx context.Context, client *http.Client) time.Duration {
	request, err := o.process.Request(ctx, "sign", bytes.NewReader(o.document), int64(len(o.document)))
	if err != nil {
		o.sent.Add(loadtest.Answer{}, err)
		return time.Second
	}
	a, err := loadtest.Do(client, request, beginsWith(o.document))
	o.sent.Add(a, err)
	if a.Status == http.StatusServiceUnavailable && a.RetryAfter <= 0 {
		o.untold.Add(1)
	}
	return a.RetryAfter
}

// sendSmall sends another caller's small document.
func (o *overload) sendSmall(ctx context.Context, client *http.Client) time.Duration {
	o.other.Add(o.byOther(ctx, client, bytes.NewReader(o.small)))
	return honestPeriod
}

// byOther signs a body of the length of the small document, for the other caller.
func (o *overload) byOther(ctx context.Context, client *http.Client, body io.Reader) (loadtest.Answer, error) {
	request, err := o.process.Request(ctx, "sign", body, int64(len(o.small)))
	if err != nil {
		return loadtest.Answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+o.process.OtherToken)
	return loadtest.Do(client, request, beginsWith(o.small))
}

// stall sends the beginning of a document and then stops sending.
func (o *overload) stall(ctx context.Context, client *http.Client) time.Duration {
	reader, writer := io.Pipe()
	go func() { _, _ = writer.Write(o.small[:1000]) }() // ends with the request
	defer reader.Close()
	a, err := o.byOther(ctx, client, reader)
	o.slow.Add(a, err)
	return a.RetryAfter
}

// beginsWith returns a reader function that requires a signed document to begin with the document
// that was sent.
func beginsWith(document []byte) func(io.Reader) error {
	return func(body io.Reader) error {
		buffer, rest := make([]byte, 64<<10), document
		for {
			n, err := body.Read(buffer)
			same := min(n, len(rest))
			if !bytes.Equal(buffer[:same], rest[:same]) {
				return errors.New("the answer does not begin with what was sent")
			}
			rest = rest[same:]
			switch {
			case err == io.EOF && len(rest) > 0:
				return fmt.Errorf("%d bytes of the document are missing", len(rest))
			case err == io.EOF:
				return nil
			case err != nil:
				return err
			}
		}
	}
}

// sendUnasked sends a document without a token, and records how much of it the handler took.
func (o *overload) sendUnasked(ctx context.Context, client *http.Client) time.Duration {
	body := &countedReader{Reader: bytes.NewReader(o.document)}
	request, err := o.process.Request(ctx, "sign", body, int64(len(o.document)))
	if err != nil {
		o.unknown.Add(loadtest.Answer{}, err)
		return time.Second
	}
	request.Header.Del("Authorization")
	a, err := loadtest.Do(client, request, beginsWith(o.document))
	o.unknown.Add(a, err)
	for taken := body.read.Load(); ; {
		most := o.unasked.Load()
		if taken <= most || o.unasked.CompareAndSwap(most, taken) {
			return time.Second
		}
	}
}

// countedReader counts the bytes that are read.
type countedReader struct {
	io.Reader
	read atomic.Int64
}

// Read implements io.Reader.
func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.read.Add(int64(n))
	return n, err
}
