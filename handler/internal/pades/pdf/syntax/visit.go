package syntax

// Visitor receives the parts of an object in their order.
type Visitor interface {
	// Begin starts the object, possibly again: earlier calls are void then.
	Begin()
	// Open begins a dictionary or an array, and Close ends it.
	Open(dict bool)
	Close()
	// Key is the key of the value that comes next in a dictionary. The name is valid during the
	// call. False ends the visit.
	Key(name []byte) bool
	Reference(ref Ref)
}

// VisitMember scans the array or the dictionary that a text begins with, and returns the cost of
// that.
func (p *Parser) VisitMember(text []byte, visitor Visitor) (cost int64, ok bool) {
	g := glance{text: text, limits: p.limits, visitor: visitor}
	visitor.Begin()
	if !g.space() || !g.container(0) {
		return 0, false
	}
	return int64(g.at) + g.cost, true
}

// Visit scans the indirect object that comes next. It starts again each time the window grows.
func (p *Parser) Visit(ref Ref, visitor Visitor) (bool, error) {
	for {
		g := glance{text: p.buf[p.pos:], limits: p.limits, visitor: visitor}
		visitor.Begin()
		if g.indirect(ref) {
			p.pos += g.at
			p.Pay()
			p.charge(g.cost)
			return p.err == nil, p.err
		}
		if !g.short || len(g.text) >= maxWindow || !p.more() {
			return false, p.err
		}
	}
}
