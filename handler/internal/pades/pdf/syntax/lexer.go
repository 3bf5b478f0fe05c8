package syntax

import (
	"errors"
	"fmt"
	"io"

	"influxion/handler/internal/pades/pdf/bounds"
)

const (
	firstWindow = 2 << 10 // most objects are shorter
	maxWindow   = 64 << 10
)

// MaxPadding is how much white space is tolerated where a keyword or an object should begin, in
// bytes.
const MaxPadding = 32

// MaxNumber is the length of the longest number that all readers read to its end, in bytes: PDFium
// keeps 256 of them and Ghostscript 255, and the digits that they keep are another number.
const MaxNumber = 127

// Character classes of ISO 32000-2, 7.2.3.
const (
	regular = iota
	white
	delimiter
)

var class = [256]byte{
	0: white, '\t': white, '\n': white, '\f': white, '\r': white, ' ': white,
	'(': delimiter, ')': delimiter, '<': delimiter, '>': delimiter, '[': delimiter, ']': delimiter,
	'{': delimiter, '}': delimiter, '/': delimiter, '%': delimiter,
}

// IsWhite reports whether a byte is white space: ISO 32000-2, table 1.
func IsWhite(c byte) bool { return class[c] == white }

// IsRegular reports whether a byte is a regular character: neither white space nor a delimiter.
func IsRegular(c byte) bool { return class[c] == regular }

// Lexer reads bytes through a window that slides over a source, or over a whole buffer when it has
// no source. Its first error sticks and looks like the end of the data.
type Lexer struct {
	account *bounds.Account
	src     io.ReaderAt
	end     int64 // offset behind the last byte
	base    int64 // offset of buf[0]
	buf     []byte
	pos     int  // buf[pos] is the next byte
	paid    int  // buf[:paid] is charged to the budget
	window  int  // bytes to read next
	ended   bool // the end of the data was looked at since the last seek
	err     error
}

// NewLexer makes a lexer of the bytes of src up to the offset end. Its window uses the memory of
// buffer. If src is nil, the lexer reads buffer alone.
func NewLexer(a *bounds.Account, src io.ReaderAt, end int64, buffer []byte) Lexer {
	return Lexer{account: a, src: src, end: end, buf: buffer}
}

// Offset is where the next byte is, from the start of the source.
func (l *Lexer) Offset() int64 { return l.base + int64(l.pos) }

// Err is the error that stopped the lexer: a limit, the end of the context or a failure of the
// source.
func (l *Lexer) Err() error { return l.err }

// Ended reports whether the end of the data was looked at since the last JumpTo.
func (l *Lexer) Ended() bool { return l.ended }

// Fail stops the lexer, unless an earlier error has.
func (l *Lexer) Fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// Pay charges what was consumed since the last call.
func (l *Lexer) Pay() {
	if err := l.account.Spend(int64(l.pos - l.paid)); err != nil {
		l.Fail(err)
	}
	l.paid = l.pos
}

// JumpTo moves to an offset and forgets an earlier error.
func (l *Lexer) JumpTo(offset int64) {
	l.err, l.ended = nil, false
	l.Pay()
	if err := l.account.Spend(bounds.JumpCost); err != nil {
		l.Fail(err)
	}
	if offset >= l.base && offset <= l.base+int64(len(l.buf)) {
		l.pos = int(offset - l.base)
		l.paid = l.pos
		return
	}
	l.base, l.buf, l.pos, l.paid, l.window = offset, l.buf[:0], 0, 0, firstWindow
}

// back returns to an offset that was passed since the last call of Pay.
func (l *Lexer) back(offset int64) {
	if offset >= l.base {
		l.pos = int(offset - l.base)
		return
	}
	ended := l.ended
	l.JumpTo(offset)
	l.ended = ended
}

// skipTo moves forward to an offset within the data, and charges for all bytes that it passes over.
func (l *Lexer) skipTo(offset int64) {
	if offset <= l.base+int64(len(l.buf)) {
		l.pos = int(offset - l.base)
		return
	}
	l.Pay()
	if err := l.account.Spend(offset - l.Offset()); err != nil {
		l.Fail(err)
	}
	l.base, l.buf, l.pos, l.paid, l.window = offset, l.buf[:0], 0, 0, firstWindow
}

// more appends at least one byte to the window, keeping buf[pos:]. It returns false at the end of
// the data and after an error.
func (l *Lexer) more() bool {
	next := l.base + int64(len(l.buf))
	if l.src == nil || l.err != nil || next >= l.end {
		l.ended = true
		return false
	}
	if l.Pay(); l.err != nil {
		return false
	}
	if l.pos > 0 {
		kept := copy(l.buf, l.buf[l.pos:])
		l.base += int64(l.pos)
		l.buf, l.pos, l.paid = l.buf[:kept], 0, 0
	}
	n := int(min(int64(max(l.window, firstWindow)), l.end-next))
	l.window = min(2*n, maxWindow)
	kept := len(l.buf)
	if cap(l.buf) < kept+n {
		l.buf = append(make([]byte, 0, max(kept+n, min(2*cap(l.buf), 2*maxWindow))), l.buf...)
	}
	read, err := l.src.ReadAt(l.buf[kept:kept+n], next)
	l.buf = l.buf[:kept+read]
	if read < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		l.Fail(fmt.Errorf("read document: %w", err))
		return false
	}
	return true
}

// ReadAhead sets the number of bytes that the next read from the source asks for.
func (l *Lexer) ReadAhead(n int) { l.window = n }

// At returns the byte i places after the next one.
func (l *Lexer) At(i int) (byte, bool) {
	for l.pos+i >= len(l.buf) {
		if !l.more() {
			return 0, false
		}
	}
	return l.buf[l.pos+i], true
}

// Window returns the data in memory, from the next byte on. It is valid until the next call.
func (l *Lexer) Window() []byte { return l.buf[l.pos:] }

// Peek returns the next n bytes, valid until the next call; nil = there are fewer.
func (l *Lexer) Peek(n int) []byte {
	if _, ok := l.At(n - 1); !ok {
		return nil
	}
	return l.buf[l.pos : l.pos+n]
}

// Skip consumes n bytes of the window.
func (l *Lexer) Skip(n int) { l.pos += n }

// Pass consumes n bytes of the window that have a price of their own.
func (l *Lexer) Pass(n int) {
	l.Pay()
	l.pos += n
	l.paid = l.pos
}

// SkipSpace skips white space and comments.
func (l *Lexer) SkipSpace() {
	comment := false
	for {
		for ; l.pos < len(l.buf); l.pos++ {
			c := l.buf[l.pos]
			switch {
			case comment:
				comment = c != '\r' && c != '\n'
			case c == '%':
				comment = true
			case class[c] != white:
				return
			}
		}
		if !l.more() {
			return
		}
	}
}

// SkipPadding skips the little white space that is tolerated before a keyword that an offset points
// to.
func (l *Lexer) SkipPadding() {
	for range MaxPadding {
		if c, ok := l.At(0); !ok || class[c] != white {
			return
		}
		l.pos++
	}
}

// maxBefore is how many bytes of white space and comments may stand between an offset and the
// object or the cross-references that it points to. Scanners and converters pad files in this way,
// and every reader skips the padding.
const maxBefore = 4096

// SkipBefore skips white space and comments, and reports whether there were comments. Not every
// reader expects a comment in front of cross-references, and some then repair the file.
func (l *Lexer) SkipBefore() (comment bool) {
	within := false
	for range maxBefore {
		c, ok := l.At(0)
		switch {
		case !ok:
			return comment
		case within:
			within = c != '\r' && c != '\n'
		case c == '%':
			within, comment = true, true
		case class[c] != white:
			return comment
		}
		l.pos++
	}
	return comment
}

// RegularRun returns the next skip bytes together with the run of regular characters that follows
// them, valid until the next call. It consumes nothing.
func (l *Lexer) RegularRun(skip, limit int) []byte {
	i := skip
	for {
		for l.pos+i < len(l.buf) && class[l.buf[l.pos+i]] == regular {
			i++
		}
		if i > limit {
			l.Fail(bounds.TooComplex.Errorf("a name, number or keyword is too long"))
			return nil
		}
		if l.pos+i < len(l.buf) || !l.more() {
			return l.buf[l.pos:min(l.pos+i, len(l.buf))]
		}
	}
}

// HasKeyword reports whether the next bytes are the keyword, whatever follows it. If they are, it
// consumes them.
func (l *Lexer) HasKeyword(keyword string) bool {
	if _, ok := l.At(len(keyword) - 1); !ok || string(l.buf[l.pos:l.pos+len(keyword)]) != keyword {
		return false
	}
	l.pos += len(keyword)
	return true
}

// Digits consumes a run of decimal digits. It returns false if there is no digit, or if the number
// is too large or too long.
func (l *Lexer) Digits() (int64, bool) {
	var n int64
	for count := 0; ; count++ {
		c, ok := l.At(0)
		if !ok || c < '0' || c > '9' {
			return n, count > 0
		}
		if n > (1<<62)/10 || count == MaxNumber {
			return 0, false
		}
		n = n*10 + int64(c-'0')
		l.pos++
	}
}
