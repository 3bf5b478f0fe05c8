package syntax

import (
	"bytes"
	"io"
	"math"

	"influxion/handler/internal/pades/pdf/bounds"
)

// mark is a token that is no object by itself.
type mark byte

const (
	markEnd mark = iota // of the data, or an error
	markArrayEnd
	markDictEnd
	markR
	markObj
	markEndobj
	markStream
	markPart  // a keyword that begins another part of the file
	markOther // any other keyword
)

// Parser reads objects from a lexer. After an error, which sticks in the lexer, it returns markEnd.
type Parser struct {
	Lexer
	Repeats int   // entries of dictionaries that readers interpret differently, in all that was read
	Behind  int64 // offset behind the value of the indirect object that was read last
	Nulls   Nulls // in it
	Longest Span  // of the strings in it with Span.Digits
	Charged int64 // bytes of memory that were taken for it

	limits   *bounds.Limits
	stack    []Object // elements of the containers that are open
	elements int      // in this indirect object so far
	scratch  []byte   // for hexadecimal strings
	refs     *boxedRefs
}

// NewParser makes a parser of the bytes of src up to the offset end. It uses the buffers of an
// earlier parser (old).
func NewParser(a *bounds.Account, src io.ReaderAt, end int64, limits *bounds.Limits, old Parts) Parser {
	return Parser{
		Lexer: NewLexer(a, src, end, old.window), limits: limits,
		scratch: old.scratch, stack: old.stack, refs: old.refs,
	}
}

// Member reads the object that begins at an offset in the data of an object stream. size is the
// memory that was taken for it, in bytes.
func (p *Parser) Member(data []byte, at int) (object Object, size int64, err error) {
	m := &Parser{Lexer: NewLexer(p.account, nil, int64(len(data)), data), limits: p.limits,
		stack: p.stack[:0], scratch: p.scratch}
	m.Pass(at)
	object = m.single()
	m.Pay()
	p.stack, p.scratch = m.stack, m.scratch
	p.Repeats += m.Repeats
	p.Nulls = m.Nulls
	if m.err != nil {
		p.account.Give(m.Charged)
		return nil, 0, m.err
	}
	return object, m.Charged, nil
}

// Dict reads a direct dictionary.
func (p *Parser) Dict() (Dict, bool) {
	p.restart()
	dict, ok := p.next(0).(Dict)
	return dict, ok
}

// single reads one object, which may be a reference, and consumes nothing behind it.
func (p *Parser) single() Object {
	p.restart()
	object := p.next(0)
	if stray, ok := object.(mark); ok {
		p.stray(stray)
		return nil
	}
	number, ok := object.(Integer)
	if !ok {
		return object
	}
	// All of the data is in the window here, so going back only sets an index.
	behind := p.pos
	if generation, ok := p.next(0).(Integer); ok && p.next(0) == mark(markR) {
		return p.reference(number, generation)
	}
	p.pos, p.err = behind, nil
	return object
}

// next reads the next object or mark. It returns a reference that is not plain as two integers and
// markR.
func (p *Parser) next(depth int) Object {
	p.SkipSpace()
	c, ok := p.At(0)
	if !ok {
		return markEnd
	}
	switch c {
	case '/':
		return p.name()
	case '(':
		return p.literal()
	case '[':
		p.pos++
		return p.array(depth)
	case ']':
		p.pos++
		return markArrayEnd
	case '<':
		if second, _ := p.At(1); second == '<' {
			p.pos += 2
			return p.dict(depth)
		}
		return p.hex()
	case '>':
		if second, _ := p.At(1); second == '>' {
			p.pos += 2
			return markDictEnd
		}
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '-', '.':
		if ref, length, _ := PlainReference(p.buf[p.pos:]); length > 0 {
			p.pos += length
			p.elements++ // as two numbers count
			return p.reference(Integer(ref.Number), Integer(ref.Generation))
		}
		return p.number()
	}
	if class[c] == delimiter {
		return p.broken("there is a delimiter in place of an object")
	}
	return p.keyword()
}

// PlainReference reads "n g R" at the beginning of a text: few digits, with nothing but white space
// between them. length is 0 if there is none. short means that the text ends too early to tell.
func PlainReference(text []byte) (ref Ref, length int, short bool) {
	number, at := leadingInteger(text)
	if at == 0 || at > numberDigits {
		return Ref{}, 0, at == len(text)
	}
	gap := at + leadingSpace(text[at:])
	generation, digits := leadingInteger(text[gap:])
	end := gap + digits
	last := end + leadingSpace(text[end:])
	switch {
	case last == len(text) || last+1 == len(text) && text[last] == 'R':
		return Ref{}, 0, true
	case gap == at || digits == 0 || digits > generationDigits || generation > MaxGeneration || last == end:
		return Ref{}, 0, false
	case text[last] != 'R' || class[text[last+1]] == regular:
		return Ref{}, 0, false
	}
	return Ref{number, generation}, last + 1, false
}

// leadingInteger reads the digits that a text begins with. It reads at most one digit more than a
// plain number has.
func leadingInteger(text []byte) (n, digits int) {
	for digits < len(text) && digits <= numberDigits && text[digits]-'0' <= 9 {
		n = n*10 + int(text[digits]-'0')
		digits++
	}
	return n, digits
}

func leadingSpace(text []byte) (n int) {
	for n < len(text) && class[text[n]] == white {
		n++
	}
	return n
}

func (p *Parser) broken(detail string) Object {
	where := "%s at offset %d"
	if p.src == nil {
		where = "%s, %d bytes into the decoded data"
	}
	p.Fail(bounds.Damaged.Errorf(where, detail, p.Offset()))
	return markEnd
}

func (p *Parser) overlong(kind string, limit int) Object {
	p.Fail(bounds.TooComplex.Errorf("a %s is longer than %d bytes", kind, limit))
	return markEnd
}

// stray sets the error for a mark that stands in place of an object.
func (p *Parser) stray(m mark) {
	if m == markEnd {
		p.broken("the data ends within an object")
		return
	}
	p.broken("there is a keyword or delimiter in place of an object")
}

func (p *Parser) keyword() Object {
	word := p.RegularRun(0, p.limits.Token)
	p.pos += len(word)
	switch string(word) {
	case "null":
		return nil
	case "true":
		return true
	case "false":
		return false
	case "R":
		return markR
	case "obj":
		return markObj
	case "stream":
		return markStream
	case "xref", "trailer", "startxref":
		return markPart
	case "":
		return markEnd
	}
	if bytes.HasPrefix(word, []byte("endobj")) { // the next object may follow without white space
		p.pos -= len(word) - len("endobj")
		return markEndobj
	}
	return markOther
}

func (p *Parser) number() Object {
	text := p.RegularRun(0, p.limits.Token)
	if len(text) > MaxNumber {
		return p.broken("a number is longer than every reader reads")
	}
	digits := text
	if len(digits) > 0 && (digits[0] == '+' || digits[0] == '-') {
		digits = digits[1:]
	}
	var n uint64
	points, count := 0, 0
	for _, c := range digits {
		switch {
		case c == '.':
			points++
		case c < '0' || c > '9':
			return p.broken("a number has a character that no number has")
		default:
			count++
			if points == 0 && n <= math.MaxInt64/10 {
				n = n*10 + uint64(c-'0')
			} else if points == 0 {
				n = math.MaxUint64
			}
		}
	}
	switch {
	case count == 0 || points > 1:
		return p.broken("a number has no digit, or two points")
	case points == 1:
		p.pos += len(text)
		if !p.hold(textSize + int64(len(text))) {
			return markEnd
		}
		return Real(text)
	case n > math.MaxInt64:
		return p.broken("an integer is out of range")
	}
	if n > 255 && !p.hold(boxSize) { // Go allocates no memory for small values
		return markEnd
	}
	negative := text[0] == '-'
	p.pos += len(text)
	if negative {
		return -Integer(n)
	}
	return Integer(n)
}
