package chain

import "time"

// Span is a range of bytes of the document: [start, end). The zero span lies nowhere.
type Span struct{ Start, End int64 }

// proofs are the proofs of existence that the valid document timestamps give for parts of the
// document: ETSI EN 319 102-1, 5.6.2.3.
type proofs struct {
	now    time.Time // the time of verification: all that is verified exists by then
	covers []cover
}

// cover is the part of the document that one document timestamp covers: everything up to end except
// the gap of its own /Contents.
type cover struct {
	gap  Span
	end  int64
	time time.Time
}

// add records a valid document timestamp of the time at. It covers everything up to end except the
// gap of its own /Contents.
func (p *proofs) add(gap Span, end int64, at time.Time) {
	p.covers = append(p.covers, cover{gap: gap, end: end, time: at})
}

// covers reports whether every byte of the part existed when the timestamp was made.
func (c cover) covers(part Span) bool {
	return part.End > part.Start && part.End <= c.end && (part.End <= c.gap.Start || part.Start >= c.gap.End)
}

// of returns the earliest time at which the part is proved to have existed; now if there is no
// proof.
func (p *proofs) of(part Span) (at time.Time, proved bool) { return p.first([]Span{part}) }

// first returns the earliest proof for a piece that is in several places.
func (p *proofs) first(parts []Span) (at time.Time, proved bool) {
	at = p.now
	for _, part := range parts {
		for _, c := range p.covers {
			if !c.covers(part) {
				continue
			}
			if proved = true; c.time.Before(at) {
				at = c.time
			}
		}
	}
	return at, proved
}

// any reports whether the existence of one of the parts is proved.
func (p *proofs) any(parts []Span) bool {
	_, proved := p.first(parts)
	return proved
}
