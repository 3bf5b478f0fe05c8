package hosttest

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// Version is the host's version in X-Azure-Functions-HostVersion and, when forwarding, in
// User-Agent.
const Version = "4.1037.0.0"

// Limits of the Functions host and of its front end. They are the defaults of the fields of Config.
const (
	DefaultBodyLimit       = 104_857_600 // bytes: FUNCTIONS_REQUEST_BODY_SIZE_LIMIT
	defaultInitTimeout     = 30 * time.Second
	defaultAnswerTimeout   = 230 * time.Second // the front end's wait for the head of an answer
	defaultActivityTimeout = 240 * time.Second // proxying: without a byte in either direction
	defaultFunctionTimeout = 30 * time.Minute  // Flex, Premium, Dedicated; host.json's functionTimeout has precedence
)

// Mode is how an HTTP request reaches the handler.
type Mode string

// The modes. The zero Mode follows host.json, where proxying wins over forwarding.
// idleConnections is how many idle connections to one address are kept. The real host's HTTP client
// has no such bound; with net/http's two, most requests under load would open a connection.
const idleConnections = 128

const (
	Proxy   Mode = "proxy"
	Forward Mode = "forward"
)

// Config is the configuration of a Host. Only Root is required.
type Config struct {
	Root    string   // the script root: host.json, a folder for each function, the executable
	Environ []string // the handler's environment without what the host adds; nothing is inherited
	Addr    string   // of the edge; a loopback address; "" = 127.0.0.1 and any free port
	Mode    Mode     // overrides host.json

	// Log gets every line of the handler and of the host, one at a time; nil drops them.
	Log func(Line)

	// Grace, if positive, makes Close send SIGTERM first and wait up to this long. The real host
	// only kills.
	Grace time.Duration

	BodyLimit int64
	Timeouts
	Now func() time.Time
}

// Timeouts are the waiting times of a host; 0 = as in the real one.
type Timeouts struct {
	InitTimeout     time.Duration
	AnswerTimeout   time.Duration
	ActivityTimeout time.Duration
	FunctionTimeout time.Duration // overrides host.json
	MessageLease    time.Duration // how long a message is invisible to other hosts, unless renewed; 0 = 10 minutes
}

// Host is a running stand-in. Safe for concurrent use.
type Host struct {
	config   Config
	settings *settings
	mode     Mode
	listener net.Listener
	server   *http.Server
	restart  chan struct{} // asks for another process
	upstream
	ending
	handlerState

	logMu  sync.Mutex
	errors *log.Logger // of the HTTP library

	triggers sync.WaitGroup // what runs functions that no request starts
}

// upstream is the connection from the host to the handler.
type upstream struct {
	port      int    // the same after a restart
	release   func() // of the port
	transport *http.Transport
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
}

// ending is the state of the host's end.
type ending struct {
	stop context.CancelFunc
	done chan struct{}
	err  error // why the host ended; set before done is closed
}

// handlerState is the handler's process, and whether the handler has answered. Safe for concurrent
// use.
type handlerState struct {
	mu      sync.Mutex
	ready   bool
	changed chan struct{} // closed and replaced when ready changes
	process *worker       // nil = there is none
}

func (s *handlerState) setReady(ready bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = ready
	close(s.changed)
	s.changed = make(chan struct{})
}

// started stores the running process.
func (s *handlerState) started(w *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process = w
}

// ended removes a process that has ended, unless another one has started since.
func (s *handlerState) ended(w *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == w {
		s.process = nil
	}
}

// Start reads the script root, starts the handler and listens. It does not wait until the handler
// answers: see Ready. The host ends with ctx, with Close, or when the handler has failed three
// times.
func Start(ctx context.Context, config Config) (*Host, error) {
	h := &Host{
		config:  withDefaults(config),
		restart: make(chan struct{}, 1),

		ending:       ending{done: make(chan struct{})},
		handlerState: handlerState{changed: make(chan struct{})},
	}
	var err error
	if h.settings, err = readSettings(h.config.Root, h.config.Environ, h.say); err != nil {
		return nil, err
	}
	if h.mode, err = h.settings.mode(h.config.Mode); err != nil {
		return nil, err
	}
	if h.config.FunctionTimeout == 0 {
		h.config.FunctionTimeout = h.settings.functionTimeout
	}
	triggers, err := h.prepareTriggers()
	if err != nil {
		return nil, err
	}
	if h.listener, err = listenLoopback(h.config.Addr); err != nil {
		return nil, err
	}
	if h.port, h.release, err = reservePort(); err != nil {
		h.listener.Close()
		return nil, err
	}
	h.dial = (&net.Dialer{}).DialContext
	h.transport = &http.Transport{DialContext: h.connect, DisableCompression: true, Proxy: nil,
		MaxIdleConnsPerHost: idleConnections}
	h.errors = log.New(&lineWriter{emit: func(text string) { h.say(Warning, "%s", text) }}, "", 0)
	h.server = &http.Server{Handler: h.edge(), ReadHeaderTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: h.errors}

	ctx, h.stop = context.WithCancel(ctx)
	go h.run(ctx)
	for _, run := range triggers {
		h.triggers.Go(func() { run(ctx) })
	}
	return h, nil
}

func withDefaults(c Config) Config {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.BodyLimit == 0 {
		c.BodyLimit = DefaultBodyLimit
	}
	if c.InitTimeout == 0 {
		c.InitTimeout = defaultInitTimeout
	}
	if c.AnswerTimeout == 0 {
		c.AnswerTimeout = defaultAnswerTimeout
	}
	if c.ActivityTimeout == 0 {
		c.ActivityTimeout = defaultActivityTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (h *Host) run(ctx context.Context) {
	defer close(h.done)
	served := make(chan error, 1)
	go func() { served <- h.server.Serve(h.listener) }()
	h.err = h.supervise(ctx)
	h.release()
	h.setReady(false)
	h.stop()

	// The handler has ended, but one of its answers may still be in transit.
	end, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if h.server.Shutdown(end) != nil {
		h.server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		h.err = errors.Join(h.err, fmt.Errorf("serve the edge: %w", err))
	}
	h.triggers.Wait()
	h.transport.CloseIdleConnections()
}

// URL is the edge's base address, without the route prefix.
func (h *Host) URL() string { return "http://" + h.listener.Addr().String() }

// HandlerURL is the address of the handler itself. No client of a real Function App can reach it.
func (h *Host) HandlerURL() string { return "http://" + h.handlerAddress() }

// Mode says how requests reach the handler.
func (h *Host) Mode() Mode { return h.mode }

// Functions lists the served functions, by name.
func (h *Host) Functions() []Function { return append([]Function(nil), h.settings.functions...) }

// PID is the process ID of the handler; 0 = no handler runs.
func (h *Host) PID() int {
	if process := h.worker(); process != nil {
		return process.cmd.Process.Pid
	}
	return 0
}

// worker returns the running process; nil = there is none.
func (s *handlerState) worker() *worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

// Ready waits until the handler has answered its first probe. It returns an error if the host or
// ctx ends before.
func (h *Host) Ready(ctx context.Context) error {
	for {
		h.mu.Lock()
		ready, changed := h.ready, h.changed
		h.mu.Unlock()
		if ready {
			return nil
		}
		select {
		case <-changed:
		case <-h.done:
			if h.err != nil {
				return h.err
			}
			return errors.New("the host has stopped")
		case <-ctx.Done():
			return fmt.Errorf("wait for the handler: %w", context.Cause(ctx))
		}
	}
}

// Done is closed when the host and the handler have ended.
func (h *Host) Done() <-chan struct{} { return h.done }

// Err is the reason why the host ended by itself; nil before its end and after Close.
func (h *Host) Err() error {
	select {
	case <-h.done:
		return h.err
	default:
		return nil
	}
}

// Close ends the handler and the edge and waits for both.
func (h *Host) Close() error {
	h.stop()
	<-h.done
	return h.err
}

func (h *Host) handlerAddress() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(h.port)) }

// listenLoopback refuses every address that another machine could reach.
func listenLoopback(address string) (net.Listener, error) {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("address of the edge: %w", err)
	}
	if !parsed.Addr().IsLoopback() {
		return nil, fmt.Errorf("address of the edge: %s is not a loopback address", parsed.Addr())
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen at the edge: %w", err)
	}
	return listener, nil
}
