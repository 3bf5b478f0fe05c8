package viewer

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Open shows a file. It does not wait for the viewer: ended gets nil or an error when the command
// that opens the viewer has ended, which may be at once or with the viewer.
func Open(name string) (ended <-chan error, err error) {
	place, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	words := command(runtime.GOOS)
	c := exec.Command(words[0], append(words[1:], place)...)
	detach(c)
	if err := c.Start(); err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() {
		err := c.Wait()
		if err != nil {
			err = fmt.Errorf("%s: %w", words[0], err)
		}
		done <- err
	}()
	return done, nil
}

// command returns the command of a system that opens the file whose name follows.
func command(system string) []string {
	switch system {
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	case "darwin":
		return []string{"open"}
	}
	return []string{"xdg-open"}
}
