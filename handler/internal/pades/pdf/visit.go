package pdf

// Visitor is told what stands in an object, in its order.
type Visitor interface {
	// Begin begins the object, also anew: what was told before is void then.
	Begin()
	// Open begins a dictionary or an array, and Close ends it.
	Open(dict bool)
	Close()
	// Key is the key of the value that comes next in a dictionary. The name is valid during the
	// call. False ends the visit.
	Key(name []byte) bool
	Reference(ref Ref)
}

// Visit goes through an array or a dictionary without making it, at the price in work of Object,
// and says whether it came to its end. It does not where the object is longer than a window, has
// other parts than Object would find without any tolerance, or where the visitor ends it: then
// Object is to be asked, and what was told is void. So it is for encrypted files, whose strings may
// not be what they should. Errors as for Object.
func (f *File) Visit(ref Ref, visitor Visitor) (bool, error) {
	found := f.find(ref.Number)
	entry := found.entry()
	if f.opening || f.crypt != nil || ref.Number <= 0 || found == 0 || entry.Generation != ref.Generation {
		return false, nil
	}
	if entry.Kind == EntryOffset {
		return f.visitAt(ref, entry.Offset, visitor)
	}
	stream, err := f.objectStream(entry.StreamNumber)
	if err != nil {
		return false, f.At(ref, err)
	}
	if entry.Index >= len(stream.numbers) || int(stream.numbers[entry.Index]) != ref.Number {
		return false, nil
	}
	at := stream.first + int(stream.offsets[entry.Index])
	if at > len(stream.data) {
		return false, nil
	}
	g := glance{text: stream.data[at:], limits: &f.limits, visitor: visitor}
	visitor.Begin()
	if !g.space() || !g.container(0) {
		return false, nil
	}
	return true, f.account.spend(int64(g.at) + g.cost)
}

// visitAt visits the object at an offset. It looks at the object as often as the window grows.
func (f *File) visitAt(ref Ref, offset int64, visitor Visitor) (bool, error) {
	if offset < 0 || offset >= f.size {
		return false, nil
	}
	p := &f.parser
	p.seek(offset)
	for {
		g := glance{text: p.buf[p.pos:], limits: &f.limits, visitor: visitor}
		visitor.Begin()
		if g.indirect(ref) {
			p.pos += g.at
			p.pay()
			p.charge(g.cost)
			return p.err == nil, p.err
		}
		if !g.short || len(g.text) >= maxWindow || !p.more() {
			return false, p.err
		}
	}
}

// glance goes through the text of an object. Each of its steps says whether it came to its end.
type glance struct {
	text     []byte
	at       int
	limits   *Limits
	visitor  Visitor
	keys     [mostKeys]struct{ from, to int32 } // of the dictionaries that are open
	open     int                                // of the keys
	elements int
	cost     int64 // of Limits.Work beside the bytes
	short    bool  // the text ended before
}

// mostKeys is how many keys are looked at for whether one stands twice.
const mostKeys = 40

// peek gives the next byte.
func (g *glance) peek() (byte, bool) {
	if g.at < len(g.text) {
		return g.text[g.at], true
	}
	g.short = true
	return 0, false
}

// space passes over white space, behind which there must be something.
func (g *glance) space() bool {
	for g.at < len(g.text) && class[g.text[g.at]] == white {
		g.at++
	}
	_, ok := g.peek()
	return ok
}

// word takes a keyword that ends here.
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

// integer takes a number of few digits.
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

// Digits of what is read as plain: all such object numbers fit.
const (
	numberDigits     = 9
	generationDigits = 5
)

// indirect takes an indirect object that is an array or a dictionary.
func (g *glance) indirect(ref Ref) bool {
	if !g.isHeader(ref) || !g.space() || !g.container(0) || !g.space() {
		return false
	}
	return g.word("endobj") && class[g.text[g.at]] == white
}

func (g *glance) isHeader(ref Ref) bool {
	number, ok := g.integer(numberDigits)
	if !ok || number != ref.Number || !g.gap() {
		return false
	}
	generation, ok := g.integer(generationDigits)
	return ok && generation == ref.Generation && g.gap() && len(g.text)-g.at > len("obj") &&
		string(g.text[g.at:g.at+len("obj")]) == "obj" && g.skip(len("obj"))
}

func (g *glance) skip(n int) bool {
	g.at += n
	return true
}

// gap takes white space of which there must be some.
func (g *glance) gap() bool {
	begin := g.at
	return g.space() && g.at > begin
}

// container takes an array or a dictionary.
func (g *glance) container(depth int) bool {
	if depth >= g.limits.Depth {
		return false
	}
	switch {
	case g.text[g.at] == '[':
		g.at++
		g.visitor.Open(false)
		return g.count(containerWeight) && g.array(depth)
	case g.text[g.at] == '<' && g.at+1 < len(g.text) && g.text[g.at+1] == '<':
		g.at += 2
		g.visitor.Open(true)
		return g.count(containerWeight) && g.dict(depth)
	}
	g.short = g.at+1 >= len(g.text)
	return false
}

// count counts elements of the object as the parser does.
func (g *glance) count(elements int) bool {
	g.elements += elements
	return g.elements <= g.limits.Elements
}

func (g *glance) array(depth int) bool {
	for g.cost += containerCost; g.space(); g.cost++ {
		if g.text[g.at] == ']' {
			g.at++
			g.visitor.Close()
			return true
		}
		if !g.value(depth) {
			return false
		}
	}
	return false
}

func (g *glance) dict(depth int) bool {
	begin := g.open
	for g.cost += containerCost; g.space(); g.cost += keyCost {
		if g.text[g.at] == '>' {
			if g.at+1 >= len(g.text) {
				g.short = true
				return false
			}
			g.at += 2
			g.open = begin
			g.visitor.Close()
			return g.text[g.at-1] == '>'
		}
		if !g.key(begin) || !g.space() || !g.value(depth) {
			return false
		}
	}
	return false
}

// key takes the key of an entry, which must be another than those before.
func (g *glance) key(begin int) bool {
	name, ok := g.name()
	if !ok || g.open == mostKeys || !g.count(1) {
		return false
	}
	for _, other := range g.keys[begin:g.open] {
		if string(g.text[other.from:other.to]) == string(name) {
			return false
		}
	}
	g.keys[g.open].from, g.keys[g.open].to = int32(g.at-len(name)), int32(g.at)
	g.open++
	return g.visitor.Key(name)
}

// name takes a name that has no escape.
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

// value takes an element of a container.
func (g *glance) value(depth int) bool {
	if !g.count(1) {
		return false
	}
	switch c := g.text[g.at]; c {
	case '/':
		_, ok := g.name()
		return ok
	case '(':
		return g.literal()
	case '[':
		return g.container(depth + 1)
	case '<':
		if g.at+1 < len(g.text) && g.text[g.at+1] != '<' {
			return g.hex()
		}
		return g.container(depth + 1)
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return g.reference() || !g.short && g.number()
	case '+', '-', '.':
		return g.number()
	case 't':
		return g.word("true")
	case 'f':
		return g.word("false")
	case 'n':
		return g.word("null")
	}
	return false
}

// reference takes "n g R" if it stands here, and nothing if not.
func (g *glance) reference() bool {
	ref, length, short := plainReference(g.text[g.at:])
	if length == 0 {
		g.short = short
		return false
	}
	g.at += length
	g.visitor.Reference(ref)
	return g.count(1)
}

// number takes an integer or a real number of few digits.
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
		if g.at += hexRun(g.text[min(g.at, len(g.text)):]); g.at >= len(g.text) {
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
