package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// browser starts a Chromium for each page. Safe for concurrent use.
type browser struct {
	path  string
	limit int64 // bytes of a print
}

// arguments start a browser that uses the file descriptors 3 and 4, has its own profile, and
// resolves no names, so that no address of a page gets an answer.
func arguments(profile string) []string {
	list := []string{
		"--headless", "--remote-debugging-pipe", "--user-data-dir=" + profile,
		"--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=socks5://127.0.0.1:1",
		"--proxy-bypass-list=<-loopback>",
		"--no-first-run", "--no-default-browser-check", "--disable-gpu", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-component-update", "--disable-default-apps",
		"--disable-domain-reliability", "--disable-extensions", "--disable-sync", "--no-pings",
		"--disable-breakpad", "--password-store=basic", "--use-mock-keychain", "--hide-scrollbars",
		"--font-render-hinting=none", "--force-color-profile=srgb",
	}
	if os.Geteuid() == 0 {
		list = append(list, "--no-sandbox") // Chromium has none for root, and does not start
	}
	return append(list, "about:blank")
}

// print prints a page.
func (b *browser) print(ctx context.Context, p *page, to io.Writer) (err error) {
	commands, toBrowser, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start browser: %w", err)
	}
	defer toBrowser.Close()
	fromBrowser, answers, err := os.Pipe()
	if err != nil {
		commands.Close()
		return fmt.Errorf("start browser: %w", err)
	}
	defer fromBrowser.Close()
	ctx, cancel := context.WithCancel(ctx)
	log := &tail{}
	process := b.command(ctx, p.root)
	process.ExtraFiles, process.Stderr = []*os.File{commands, answers}, log
	err = process.Start()
	commands.Close()
	answers.Close()
	if err != nil {
		cancel()
		return fmt.Errorf("start browser: %w", err)
	}
	defer func() {
		cancel() // no orderly end is needed: the profile is discarded
		_ = process.Wait()
	}()
	c, stop := connect(ctx, fromBrowser, toBrowser)
	defer stop()
	printer := &printer{connection: c, page: p, limit: b.limit}
	if err := printer.open(); err != nil {
		return errors.Join(err, log.err())
	}
	return printer.print(to)
}

// command is the browser's process. The process and its children end with ctx.
func (b *browser) command(ctx context.Context, root string) *exec.Cmd {
	process := exec.CommandContext(ctx, b.path, arguments(filepath.Join(root, "profile"))...)
	process.Dir = root
	// Pages get nothing of this program's environment: neither the user's proxies nor the user's
	// home.
	process.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + root, "TMPDIR=" + root, "LANG=C.UTF-8"}
	process.WaitDelay = 5 * time.Second
	isolate(process)
	return process
}

// tail keeps the last bytes of a log.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p[max(0, len(p)-maxLog):]...)
	t.kept = t.kept[max(0, len(t.kept)-maxLog):]
	return len(p), nil
}

// err returns the log as the probable reason why the browser did not start.
func (t *tail) err() error {
	if len(t.kept) == 0 {
		return nil
	}
	return fmt.Errorf("log of the browser: %q", t.kept)
}
