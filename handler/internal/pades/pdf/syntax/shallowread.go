package syntax

import "influxion/handler/internal/pades/pdf/bounds"

// glance scans the text of an object that is written plainly. Each method reports whether its
// element was there and complete.
type glance struct {
	text     []byte
	at       int
	limits   *bounds.Limits
	visitor  Visitor
	keys     [mostKeys]struct{ from, to int32 } // of the dictionaries that are open
	open     int                                // of the keys
	elements int
	cost     int64 // of Limits.Work, without that of the bytes
	short    bool  // the text ended before
}

// mostKeys is the number of keys that are checked for duplicates.
const mostKeys = 40

// indirect consumes an indirect object that is an array or a dictionary.
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

// container consumes an array or a dictionary.
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

// count counts elements of the object in the same way as the parser.
func (g *glance) count(elements int) bool {
	g.elements += elements
	return g.elements <= g.limits.Elements
}

func (g *glance) array(depth int) bool {
	for g.cost += bounds.ContainerCost; g.space(); g.cost++ {
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
	for g.cost += bounds.ContainerCost; g.space(); g.cost += bounds.KeyCost {
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

// key consumes the key of an entry, which must differ from the keys before it.
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

// value consumes an element of a container.
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
