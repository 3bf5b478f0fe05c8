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

// Program is a running cmd/renderer. A nil Program is none.
type Program struct {
	address string
	end     func()
}

// Start starts the program with its log on log, and waits for its first line: the address.
// It gives nil for a program that ends without one, as it does where there is no Chromium.
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

// Environ leads the handler to the renderer.
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
