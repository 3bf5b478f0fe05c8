package hosttest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Level is the level at which the host logs a line.
type Level string

// The levels in use.
const (
	Information Level = "Information"
	Warning     Level = "Warning"
	Error       Level = "Error"
)

// Line is one line of the host's log.
type Line struct {
	Handler bool // written by the handler, not by the host itself
	Level   Level
	Text    string
}

// String returns the line as the host would print it.
func (l Line) String() string {
	source := "host"
	if l.Handler {
		source = "handler"
	}
	return fmt.Sprintf("%s %s: %s", source, l.Level, l.Text)
}

// Transcript keeps log lines in memory; if there are too many, it keeps the latest. The zero value
// is ready for use. Safe for concurrent use.
type Transcript struct {
	mu    sync.Mutex
	lines []Line
}

// maxTranscript bounds a Transcript, in lines.
const maxTranscript = 50_000

// Record adds a line. It can serve as Config.Log.
func (t *Transcript) Record(line Line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == maxTranscript {
		t.lines = slices.Delete(t.lines, 0, maxTranscript/2)
	}
	t.lines = append(t.lines, line)
}

// Lines returns the recorded lines, in order.
func (t *Transcript) Lines() []Line {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.lines)
}

// Handler returns the handler's own lines at a level, in order.
func (t *Transcript) Handler(level Level) []string {
	var texts []string
	for _, line := range t.Lines() {
		if line.Handler && line.Level == level {
			texts = append(texts, line.Text)
		}
	}
	return texts
}

// String returns all lines as text.
func (t *Transcript) String() string {
	var text strings.Builder
	for _, line := range t.Lines() {
		fmt.Fprintln(&text, line)
	}
	return text.String()
}

// Bounds of Tail: the number of lines, and the bytes of each.
const (
	tailLines = 40
	tailBytes = 300
)

// Tail returns the latest lines, shortened, for a failing test to show: the whole log would hide
// the failure.
func (t *Transcript) Tail() string {
	lines := t.Lines()
	var text strings.Builder
	if before := len(lines) - tailLines; before > 0 {
		lines = lines[before:]
		fmt.Fprintf(&text, "(%d lines before)\n", before)
	}
	for _, line := range lines {
		whole := line.String()
		fmt.Fprintln(&text, whole[:min(len(whole), tailBytes)])
	}
	return text.String()
}

func (h *Host) say(level Level, format string, values ...any) {
	h.log(Line{Level: level, Text: fmt.Sprintf(format, values...)})
}

func (h *Host) log(line Line) {
	if h.config.Log == nil {
		return
	}
	h.logMu.Lock()
	defer h.logMu.Unlock()
	h.config.Log(line)
}

// lineWriter splits the output of a process into lines. Each stream needs its own, because
// lineWriter is not safe for concurrent use.
type lineWriter struct {
	emit   func(text string)
	buffer bytes.Buffer
}

// maxLine bounds a line, in bytes. A longer line is logged in pieces.
const maxLine = 1 << 20

func (w *lineWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		if space := maxLine - w.buffer.Len(); len(line) > space {
			line, after, found = rest[:space], rest[space:], true
		}
		w.buffer.Write(line)
		rest = after
		if found {
			w.flush()
		}
	}
	return len(p), nil
}

func (w *lineWriter) flush() {
	text := strings.TrimSuffix(w.buffer.String(), "\r")
	w.buffer.Reset()
	w.emit(text)
}

// end logs the last line if it has no line end.
func (w *lineWriter) end() {
	if w.buffer.Len() > 0 {
		w.flush()
	}
}

// stderrLevel returns the level of a line on standard error. Like the host, it decides by the text.
func stderrLevel(text string) Level {
	if strings.Contains(strings.ToLower(text), "warn") {
		return Warning
	}
	return Error
}
