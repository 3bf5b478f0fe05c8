package hosttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"influxion/handler/internal/guid"
)

// The host's rules for a handler that ends.
const (
	exitSilently       = 0 // the handler is not restarted, and no fault is reported
	exitForRestart     = 200
	maxFaults          = 3
	faultsAreForgotten = 30 * time.Minute
	probeInterval      = 25 * time.Millisecond
)

// worker is one run of the handler's process.
type worker struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended and its output has been read
}

// verdict says how a run of the handler ended.
type verdict int

const (
	stopped   verdict = iota // the host is ending
	restarted                // restarted on request
	failed
)

// supervise keeps the handler running until ctx ends or it has failed too often.
func (h *Host) supervise(ctx context.Context) error {
	var faults []time.Time
	for {
		how, err := h.runWorker(ctx)
		h.setReady(false)
		h.transport.CloseIdleConnections() // these connect to the process that has ended
		switch how {
		case stopped:
			return nil
		case restarted:
			h.say(Information, "Restarting the handler")
			continue
		}
		h.say(Error, "The handler failed: %v", err)
		now := h.config.Now()
		if n := len(faults); n > 0 && now.Sub(faults[n-1]) > faultsAreForgotten {
			faults = nil
		}
		if faults = append(faults, now); len(faults) >= maxFaults {
			h.say(Error, "Exceeded the restart retry count. Shutting down the host")
			return fmt.Errorf("the handler failed %d times, the host stops: %w", maxFaults, err)
		}
	}
}

// runWorker starts the process and waits for its end.
func (h *Host) runWorker(ctx context.Context) (verdict, error) {
	if ctx.Err() != nil {
		return stopped, nil
	}
	select {
	case <-h.restart: // this was about the process before
	default:
	}
	w, err := h.launch()
	if err != nil {
		return failed, err
	}
	probing, endProbe := context.WithTimeout(ctx, h.config.InitTimeout)
	defer endProbe()
	probed, exited := make(chan error, 1), w.exited
	go func() { probed <- h.probe(probing) }()
	for {
		select {
		case <-ctx.Done():
			h.end(w)
			return stopped, nil
		case <-h.restart:
			w.kill()
			return restarted, nil
		case err := <-probed:
			probed = nil
			if ctx.Err() != nil {
				continue
			}
			if err != nil {
				w.kill()
				return failed, fmt.Errorf("no answer to GET / within %v: %w", h.config.InitTimeout, err)
			}
			h.say(Information, "The handler is ready")
			h.setReady(true)
		case <-exited:
			if w.cmd.ProcessState.ExitCode() != exitSilently {
				return w.verdict()
			}
			h.say(Information, "The handler exited with code 0 and is not restarted")
			exited = nil
		}
	}
}

// verdict returns how the process has ended.
func (w *worker) verdict() (verdict, error) {
	if w.cmd.ProcessState.ExitCode() == exitForRestart {
		return restarted, nil
	}
	return failed, fmt.Errorf("exited with %s", w.cmd.ProcessState)
}

func (h *Host) launch() (*worker, error) {
	cmd := exec.Command(h.settings.executable, h.settings.arguments...)
	cmd.Dir = h.settings.workingDirectory
	port, id := strconv.Itoa(h.port), guid.New()
	cmd.Env = append(append([]string{}, h.config.Environ...),
		"FUNCTIONS_WORKER_RUNTIME=custom",
		"FUNCTIONS_CUSTOMHANDLER_PORT="+port, "FUNCTIONS_HTTPWORKER_PORT="+port,
		"FUNCTIONS_CUSTOMHANDLER_WORKER_ID="+id, "FUNCTIONS_HTTPWORKER_ID="+id,
		"FUNCTIONS_APP_ROOT_PATH="+h.settings.root, "WEBSITE_HOSTNAME="+h.listener.Addr().String())
	stdout := &lineWriter{emit: func(text string) { h.log(Line{Handler: true, Level: Information, Text: text}) }}
	stderr := &lineWriter{emit: func(text string) { h.log(Line{Handler: true, Level: stderrLevel(text), Text: text}) }}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = 2 * time.Second // for a grandchild that holds the pipes open
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the handler: %w", err)
	}
	h.say(Information, "Started the handler as process %d on port %s", cmd.Process.Pid, port)
	w := &worker{cmd: cmd, exited: make(chan struct{})}
	h.started(w)
	go func() {
		defer close(w.exited)
		cmd.Wait() // the exit code is in ProcessState
		stdout.end()
		stderr.end()
		h.ended(w)
	}()
	return w, nil
}

// probe sends GET / until it gets any HTTP answer, with any status.
func (h *Host) probe(ctx context.Context) error {
	transport := &http.Transport{DialContext: h.dial, DisableKeepAlives: true}
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	var last error
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.HandlerURL()+"/", nil)
		if err != nil {
			return err
		}
		response, err := transport.RoundTrip(request)
		if err == nil {
			io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
			response.Body.Close()
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), last)
		case <-ticker.C:
		}
	}
}

// end stops the process when the host ends: at once as the real host does, or with SIGTERM first if
// Config says so.
func (h *Host) end(w *worker) {
	if h.config.Grace > 0 && w.cmd.Process.Signal(syscall.SIGTERM) == nil {
		timer := time.NewTimer(h.config.Grace)
		defer timer.Stop()
		select {
		case <-w.exited:
			h.say(Information, "The handler ended on SIGTERM with %s", w.cmd.ProcessState)
			return
		case <-timer.C:
			h.say(Warning, "The handler did not end within %v and is killed", h.config.Grace)
		}
	}
	w.kill()
}

func (w *worker) kill() {
	if err := w.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return // the process has ended; Wait reports it
	}
	<-w.exited
}
