package verify

import (
	"slices"
	"time"

	"influxion/handler/internal/signing"
)

// Evidence is a record of the requested document, and what proves it.
type Evidence struct {
	Place  Place          `json:"place"`
	Record signing.Record `json:"record"`
	// Intact reports that nothing was found against the record itself. If no timestamp covers the
	// record, Intact also requires that nothing was found against a line behind it, because whoever
	// changes a record recomputes the chain behind it.
	Intact bool `json:"intact"`
	// ProvedBy is the earliest timestamp that covers the record, so that the record existed then.
	// nil = no timestamp covers it, and only the store vouches for the record.
	ProvedBy *time.Time `json:"proved_by,omitempty"`
	At       *Place     `json:"proved_at,omitempty"` // the place of that timestamp
}

// Found returns the records of the document of Digests. It must be called after Report.
func (l *Log) Found() []Evidence {
	var all []Evidence
	seen := map[string]bool{} // to skip copies in several sources
	for _, f := range l.found {
		if seen[f.digest] {
			continue
		}
		seen[f.digest] = true
		c := l.chains[f.chainID]
		e := Evidence{Place: f.place, Record: f.record}
		for _, s := range l.timestamps {
			if l.verify(s.Timestamp) != nil || e.ProvedBy != nil && !s.Time.Before(*e.ProvedBy) {
				continue
			}
			for _, head := range s.Heads {
				if (chainID{head.Instance, head.Stream}) == f.chainID && c.intact(f.sequence, head) &&
					c.bySequence[f.sequence].digest == f.digest {
					at, place := s.Time, s.place
					e.ProvedBy, e.At = &at, &place
				}
			}
		}
		e.Intact = !slices.ContainsFunc(l.findings, func(other Finding) bool {
			return (chainID{other.Instance, other.Stream}) == f.chainID && (other.Sequence == f.sequence ||
				e.ProvedBy == nil && other.Sequence > f.sequence && other.Kind.unproves())
		})
		all = append(all, e)
	}
	return all
}
