package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// server answers Gotenberg's routes. Safe for concurrent use.
type server struct {
	browser *browser
	limits  limits
	log     *slog.Logger
	folder  string // for temporary files; "" = the system's

	places   chan struct{} // of pages that print or wait
	printing chan struct{} // of pages that print

	mu    sync.Mutex
	usual time.Duration // that a page takes: a moving average
}

// firstGuess is the assumed time for a page before the first one has been printed.
const firstGuess = time.Second

func newServer(b *browser, l limits, log *slog.Logger) *server {
	return &server{browser: b, limits: l, log: log, usual: firstGuess,
		places: make(chan struct{}, l.printing+l.waiting), printing: make(chan struct{}, l.printing)}
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = io.WriteString(w, `{"status":"up","details":{"chromium":{"status":"up"}}}`)
	})
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "influxion-renderer")
	})
	mux.HandleFunc("POST /forms/chromium/convert/html", s.convert)
	// A page that a person has opened from another site must not be able to print on this machine.
	return localOnly(http.NewCrossOriginProtection().Handler(mux))
}

// localOnly refuses requests under any name that is not this machine's: somebody has made such a
// name lead here (DNS rebinding).
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this renderer answers callers on its own machine only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// statusError is an answer without a print.
type statusError struct {
	status int
	text   string // for the caller: it quotes nothing but names of files and fields
}

func (e *statusError) Error() string { return e.text }

func refuse(status int, format string, values ...any) error {
	return &statusError{status, fmt.Sprintf(format, values...)}
}

// convert handles POST /forms/chromium/convert/html.
func (s *server) convert(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(r.Context(), s.limits.time)
	defer cancel()
	err := s.answer(ctx, w, r)
	status, attributes := http.StatusOK, []any{"duration", time.Since(begin)}
	if err != nil {
		// After a deadline, the error is that of whatever operation it interrupted.
		if ctx.Err() != nil {
			err = errors.Join(refuse(http.StatusServiceUnavailable, "the page took more than %v", s.limits.time), err)
		}
		refused, ok := errors.AsType[*statusError](err)
		if !ok {
			refused = &statusError{http.StatusInternalServerError, "Internal Server Error"}
		}
		status, attributes = refused.status, append(attributes, "error", err.Error())
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", strconv.Itoa(s.later()))
		}
		http.Error(w, refused.text, status)
	}
	s.log.Info("page", append(attributes, "status", status)...)
}

// answer prints the page of a form and sends the print.
func (s *server) answer(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		return refuse(http.StatusServiceUnavailable, "too many pages wait: try again later")
	}
	folder, err := os.MkdirTemp(s.folder, "renderer-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() {
		if err := os.RemoveAll(folder); err != nil {
			s.log.Error("files of a page were not removed", "error", err)
		}
	}()
	if deadline, ok := ctx.Deadline(); ok {
		_ = http.NewResponseController(w).SetReadDeadline(deadline)
	}
	p, err := readPage(w, r, folder)
	if err != nil {
		return err
	}
	if err := s.print(ctx, p, filepath.Join(folder, "print.pdf")); err != nil {
		return err
	}
	return send(w, filepath.Join(folder, "print.pdf"))
}

// print waits for its turn, and prints the page into a file.
func (s *server) print(ctx context.Context, p *page, name string) error {
	select {
	case s.printing <- struct{}{}:
		defer func() { <-s.printing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	begin := time.Now()
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write print: %w", err)
	}
	err = s.browser.print(ctx, p, file)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usual += (time.Since(begin) - s.usual) / 8
	return nil
}

// send sends a print after it is complete.
func send(w http.ResponseWriter, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read print: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read print: %w", err)
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	w.Header().Set("Content-Disposition", `attachment; filename="index.pdf"`)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(sendTime))
	_, _ = io.Copy(w, file) // the status is sent: nothing is left to answer if the caller has gone
	return nil
}

// later is the number of seconds until the pages that are waiting now will be done.
func (s *server) later() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	rounds := math.Ceil(float64(len(s.places)) / float64(s.limits.printing))
	return max(1, int(math.Ceil(rounds*s.usual.Seconds())))
}
