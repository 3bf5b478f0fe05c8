package rendertest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Program is a running cmd/renderer. A nil Program means that none is running.
type Program struct {
	address string
	end     func()
}

// Start starts the program, sends its log to log, and waits for its first line, the address. It
// returns nil if the program ends without an address, as it does if there is no Chromium.
func Start(ctx context.Context, program string, log io.Writer) (*Program, error) {
	ctx, cancel := context.WithCancel(ctx)
	process := exec.CommandContext(ctx, program, "-port", "0")
	process.Stderr = log
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) } // so that it ends its browsers
	process.WaitDelay = 10 * time.Second
	lines, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start renderer: %w", err)
	}
	end := func() {
		cancel()
		_ = process.Wait() // its exit code is that of the signal
	}
	first, err := bufio.NewReader(lines).ReadString('\n')
	if err != nil {
		end()
		return nil, nil
	}
	return &Program{address: strings.TrimSpace(first), end: end}, nil
}

// Environ returns the environment variables that lead the handler to the renderer.
func (r *Program) Environ() []string {
	if r == nil {
		return nil
	}
	return []string{"INFLUXION_RENDERER_URL=" + r.address}
}

// Close ends the program and its browsers.
func (r *Program) Close() {
	if r != nil {
		r.end()
	}
}
