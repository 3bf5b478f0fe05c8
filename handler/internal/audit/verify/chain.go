package verify

import (
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/audit"
)

// entry is a line as read from a source.
type entry struct {
	place            Place
	sequence         int64
	digest, previous string
	time             time.Time // only of a record
	end              bool
	strict           bool // its source has lines of the log only, each once and in order
}

// claim is a head that another line names.
type claim struct {
	audit.Head
	by   Place
	late bool // the head may have been written after its chain was read
}

// chain is everything that was read of one chain.
type chain struct {
	chainID
	entries    []entry // in the order of reading
	claims     []claim
	bySequence map[int64]entry
	sequences  []int64 // sorted, each once
	broken     []int64 // sequences of lines whose digest differs from that in the next line
}

func (c *chain) finding(kind Kind, place Place, sequence int64, format string, values ...any) Finding {
	return Finding{Kind: kind, Place: place, Instance: c.instance, Stream: c.stream, Sequence: sequence,
		Detail: fmt.Sprintf(format, values...)}
}

// index indexes the lines by sequence and reports those in a wrong position. The same line in two
// sources is a copy. The same line twice in one source is a repetition.
func (c *chain) index(report func(Finding)) {
	c.bySequence = map[int64]entry{}
	above := map[string]int64{} // by source, the sequence of the line above
	for _, e := range c.entries {
		source := e.place.Source
		first, seen := c.bySequence[e.sequence]
		switch {
		case seen && first.digest != e.digest:
			report(c.finding(Conflict, e.place, e.sequence, "another line has the same place in the chain: %s",
				first.place))
		case seen && first.place.Source == source:
			report(c.finding(Repeated, e.place, e.sequence, "the line occurs twice, first at %s",
				first.place))
		case e.sequence < above[source]:
			report(c.finding(Reordered, e.place, e.sequence, "the line comes after record %d", above[source]))
		}
		if !seen {
			c.bySequence[e.sequence] = e
			c.sequences = append(c.sequences, e.sequence)
		}
		above[source] = e.sequence
	}
	slices.Sort(c.sequences)
	c.checkSources(report)
}

// checkSources reports a strict source that skips lines which stand in another source. An instance
// writes each chain without a gap, and never returns to an earlier source.
func (c *chain) checkSources(report func(Finding)) {
	above := map[string]int64{} // by source, the highest sequence until there
	for _, e := range c.entries {
		source := e.place.Source
		before := above[source]
		above[source] = max(before, e.sequence)
		if !e.strict || before == 0 || e.sequence <= before+1 {
			continue
		}
		next, _ := slices.BinarySearch(c.sequences, before+1)
		skipped := c.bySequence[c.sequences[next]]
		if skipped.sequence < e.sequence && skipped.place.Source != source {
			report(c.finding(Reordered, e.place, skipped.sequence,
				"record %d, which belongs before this line, is at %s", skipped.sequence, skipped.place))
		}
	}
}

// check reports missing lines, and lines that do not match the chain.
func (c *chain) check(report func(Finding)) {
	first := c.bySequence[c.sequences[0]]
	if first.sequence > 1 {
		report(c.finding(Cut, first.place, 1, "the first %d records are missing before this line", first.sequence-1))
	}
	for i, sequence := range c.sequences[1:] {
		before, here := c.bySequence[c.sequences[i]], c.bySequence[sequence]
		switch {
		case sequence > before.sequence+1:
			report(c.finding(Gap, here.place, before.sequence+1, "%d records are missing before this line, after %s",
				sequence-before.sequence-1, before.place))
		case here.previous != before.digest:
			c.broken = append(c.broken, before.sequence)
			report(c.finding(Changed, before.place, before.sequence,
				"the line was changed, or its digest in the next line (%s)", here.place))
		}
		if before.end {
			report(c.finding(Changed, here.place, here.sequence, "the line comes after the end of its chain"))
		}
	}
	c.checkClaims(report)
}

// checkClaims compares the lines with the heads that other lines name.
func (c *chain) checkClaims(report func(Finding)) {
	last := c.sequences[len(c.sequences)-1]
	cut, reported := claim{}, map[int64]bool{}
	for _, claim := range c.claims {
		e, there := c.bySequence[claim.Sequence]
		switch {
		case claim.Sequence > last:
			if claim.Sequence > cut.Sequence && !claim.late {
				cut = claim
			}
		case there && e.digest != claim.SHA256 && !reported[claim.Sequence]:
			reported[claim.Sequence] = true
			report(c.finding(Changed, e.place, e.sequence, "the line is not the one that %s names", claim.by))
		}
	}
	if cut.Sequence > 0 {
		report(c.finding(Cut, c.bySequence[last].place, last+1,
			"%d records are missing after this line: %s names record %d",
			cut.Sequence-last, cut.by, cut.Sequence))
	}
}

// proves reports whether the head matches its line and all lines before it are intact.
func (c *chain) proves(head audit.Head) bool {
	return c.intact(1, head)
}

// intact reports whether all lines from a sequence to the head are there and match the chain.
func (c *chain) intact(from int64, head audit.Head) bool {
	e, there := c.bySequence[head.Sequence]
	if !there || e.digest != head.SHA256 || from > head.Sequence {
		return false
	}
	start, _ := slices.BinarySearch(c.sequences, from)
	end, _ := slices.BinarySearch(c.sequences, head.Sequence)
	if int64(end-start) != head.Sequence-from || c.sequences[start] != from {
		return false
	}
	return !slices.ContainsFunc(c.broken, func(sequence int64) bool {
		return sequence >= from && sequence < head.Sequence
	})
}
