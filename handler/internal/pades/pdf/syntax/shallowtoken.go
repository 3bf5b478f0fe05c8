package syntax

// peek returns the next byte.
func (g *glance) peek() (byte, bool) {
	if g.at < len(g.text) {
		return g.text[g.at], true
	}
	g.short = true
	return 0, false
}

// space skips white space, after which another byte must follow.
func (g *glance) space() bool {
	for g.at < len(g.text) && class[g.text[g.at]] == white {
		g.at++
	}
	_, ok := g.peek()
	return ok
}

// word consumes a keyword.
func (g *glance) word(word string) bool {
	end := g.at + len(word)
	if end >= len(g.text) {
		g.short = true
		return false
	}
	if string(g.text[g.at:end]) != word || class[g.text[end]] == regular {
		return false
	}
	g.at = end
	return true
}

// integer consumes a number of few digits.
func (g *glance) integer(most int) (n int, ok bool) {
	begin := g.at
	for g.at < len(g.text) && g.text[g.at] >= '0' && g.text[g.at] <= '9' {
		if g.at-begin == most {
			return 0, false
		}
		n = n*10 + int(g.text[g.at]-'0')
		g.at++
	}
	_, more := g.peek()
	return n, more && g.at > begin
}

// The most digits of a number that is read as plain. All object numbers of so many digits fit.
const (
	numberDigits     = 9
	generationDigits = 5
)

func (g *glance) skip(n int) bool {
	g.at += n
	return true
}

// gap consumes white space, at least one byte.
func (g *glance) gap() bool {
	begin := g.at
	return g.space() && g.at > begin
}

// name consumes a name without escapes.
func (g *glance) name() ([]byte, bool) {
	if g.text[g.at] != '/' {
		return nil, false
	}
	begin := g.at + 1
	for g.at = begin; g.at < len(g.text) && class[g.text[g.at]] == regular; g.at++ {
		if g.text[g.at] == '#' {
			return nil, false
		}
	}
	_, ok := g.peek()
	return g.text[begin:g.at], ok && g.at-begin < g.limits.Token
}

// reference consumes "n g R", or nothing.
func (g *glance) reference() bool {
	ref, length, short := PlainReference(g.text[g.at:])
	if length == 0 {
		g.short = short
		return false
	}
	g.at += length
	g.visitor.Reference(ref)
	return g.count(1)
}

// number consumes an integer or a real number of few digits.
func (g *glance) number() bool {
	const most = 15
	begin, digits, points := g.at, 0, 0
	for ; g.at < len(g.text) && class[g.text[g.at]] == regular; g.at++ {
		switch c := g.text[g.at]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			points++
		case g.at > begin || c != '+' && c != '-':
			return false
		}
	}
	_, ok := g.peek()
	return ok && digits > 0 && points <= 1 && digits <= most && digits < g.limits.Token
}

func (g *glance) literal() bool {
	open, begin := 0, g.at
	for ; g.at < len(g.text); g.at++ {
		switch g.text[g.at] {
		case '\\':
			g.at++
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				g.at++
				return g.at-begin < g.limits.String
			}
		}
	}
	g.short = true
	return false
}

func (g *glance) hex() bool {
	begin := g.at
	for g.at++; ; g.at++ {
		if g.at += HexRun(g.text[min(g.at, len(g.text)):]); g.at >= len(g.text) {
			g.short = true
			return false
		}
		c := g.text[g.at]
		if c == '>' {
			g.at++
			return g.at-begin < g.limits.String
		}
		if class[c] != white {
			return false
		}
	}
}
