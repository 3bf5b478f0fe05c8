package chain

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/revocation"
)

// intake counts what a Store takes from a document, and keeps the places of each piece. After a
// bound is reached, intake leaves out everything further, and the report says so.
type intake struct {
	known map[[sha256.Size]byte]*[]Span // places of the stored pieces, by their digest
	bytes int
	keys  int    // bytes of certificates and of OCSP responses
	limit string // why validation data was left out; "" = none was
	// places that count as validation data in the document: the pieces of /DSS, and embedded
	// revocation data
	documented map[Span]bool
}

// leaveOut records that validation data is left out, and why.
func (i *intake) leaveOut(format string, args ...any) {
	if i.limit == "" {
		i.limit = "not all validation data was checked: " + fmt.Sprintf(format, args...)
	}
}

// leaveOutFor records that validation data is left out if an error of reading the document is about
// a limit.
func (i *intake) leaveOutFor(err error) {
	if limit := pades.LimitOf(err); limit != nil {
		i.leaveOut("%s", limit.Detail)
	}
}

// leaveOutBeyond records that evidence is left out if its error is about a bound of package
// revocation.
func (i *intake) leaveOutBeyond(err error) {
	if problem, ok := errors.AsType[*revocation.Error](err); ok && problem.Limit {
		i.leaveOut("%s", problem.Detail)
	}
}

// leaveOutUnasked records that validation data is left out if a service was not asked for it,
// because of a bound of the document's questions, and reports whether it was so. The document's
// author can use them up.
func (i *intake) leaveOutUnasked(err error) bool {
	for _, bound := range []error{budget.ErrQuestions, budget.ErrTime} {
		if errors.Is(err, bound) {
			i.leaveOut("%v", bound)
			return true
		}
	}
	return false
}

// accept reports whether a piece is new and within the bounds. For a known piece, it records the
// additional place.
func (i *intake) accept(der []byte, place Span) (places *[]Span, isNew bool) {
	sum := sha256.Sum256(der)
	if places, known := i.known[sum]; known {
		if len(*places) < maxPlaces {
			*places = append(*places, place)
		}
		return places, false
	}
	if i.bytes+len(der) > maxBytes {
		i.leaveOut("it has more than %d bytes", maxBytes)
		return nil, false
	}
	if len(i.known) >= 3*maxPieces {
		i.leaveOut("it has more than %d pieces", 3*maxPieces)
		return nil, false
	}
	i.bytes += len(der)
	places = &[]Span{place}
	i.known[sum] = places
	return places, true
}

// reservation takes the memory of parsed pieces from the document's budget.
type reservation struct {
	budget *budget.Budget          // nil = none
	memory func(bytes int64) error // takes memory of the budget; nil = there is no limit
	short  error                   // why the budget gave no memory for a piece; nil = it always did
}

// take takes memory for a piece, and reports whether there was enough.
func (r *reservation) take(bytes int64) bool {
	if r.short == nil && r.memory != nil {
		r.short = r.memory(bytes)
	}
	return r.short == nil
}

// give returns the memory of a piece that is not kept.
func (r *reservation) give(bytes int64) {
	if r.budget != nil {
		r.budget.Give(bytes)
	}
}
