package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// Progress is a line at the bottom of a terminal that shows how many items of a batch are done.
// Other output must use Print, so that the two do not mix. Safe for concurrent use.
type Progress struct {
	mu    sync.Mutex
	out   io.Writer
	total int
	width int // columns; 0 = no line is shown
	done  int
	bad   int
	last  string
	shown bool
}

// NewProgress makes a progress line on out for a batch of total items. It shows nothing if out is
// not a terminal or the batch has only one item.
func NewProgress(out io.Writer, total int) *Progress {
	p := &Progress{out: out, total: total}
	if total > 1 && IsTerminal(out) {
		p.width = width(out)
	}
	p.draw()
	return p
}

// Step counts one more item as done, and shows its name.
func (p *Progress) Step(name string, well bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if !well {
		p.bad++
	}
	p.last = Safe(name)
	p.clear()
	p.draw()
}

// Print writes a text above the line.
func (p *Progress) Print(out io.Writer, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	_, err := io.WriteString(out, text)
	p.draw()
	return err
}

// Total is the size of the batch.
func (p *Progress) Total() int { return p.total }

// End removes the line.
func (p *Progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.width = 0
}

func (p *Progress) clear() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}

func (p *Progress) draw() {
	if p.width == 0 {
		return
	}
	fmt.Fprint(p.out, p.line())
	p.shown = true
}

// line is a bar, the numbers, and as much of the last name as fits.
func (p *Progress) line() string {
	const cells = 20
	filled := cells * min(p.done, p.total) / p.total
	text := fmt.Sprintf("[%s%s] %d/%d", strings.Repeat("#", filled), strings.Repeat(".", cells-filled), p.done, p.total)
	if p.bad > 0 {
		text += fmt.Sprintf(", %d failed", p.bad)
	}
	if space := p.width - len(text) - 3; space > 8 && p.last != "" {
		name := p.last
		if utf8.RuneCountInString(name) > space {
			name = string([]rune(name)[:space-1]) + "…"
		}
		text += "  " + name
	}
	return text
}
