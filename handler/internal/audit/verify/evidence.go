package verify

import (
	"slices"
	"time"

	"influxion/handler/internal/signing"
)

// Evidence is a record of the document that was looked for, and what proves it.
type Evidence struct {
	Place  Place          `json:"place"`
	Record signing.Record `json:"record"`
	// Intact tells that nothing was found against the record itself.
	Intact bool `json:"intact"`
	// ProvedBy is the earliest timestamp that settles the record: it was there then. nil = none
	// does, and the record rests on the store alone.
	ProvedBy *time.Time `json:"proved_by,omitempty"`
	At       *Place     `json:"proved_at,omitempty"` // where that timestamp stands
}

// Found gives the records of the Digest, as they stand. It is for after Report.
func (l *Log) Found() []Evidence {
	var all []Evidence
	seen := map[string]bool{} // copies in several sources
	for _, f := range l.found {
		if seen[f.digest] {
			continue
		}
		seen[f.digest] = true
		c := l.chains[f.chainID]
		e := Evidence{Place: f.place, Record: f.record,
			Intact: !slices.ContainsFunc(l.findings, func(other Finding) bool {
				return other.Instance == f.instance && other.Stream == f.stream && other.Sequence == f.sequence
			})}
		for _, s := range l.stamps {
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
		all = append(all, e)
	}
	return all
}
