package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// keptFigures are the figures measured on a quiet machine when a saving was made: one entry
// "BENCHMARK UNIT": figure for each row that does not depend on the machine's speed. A change that
// improves a figure also updates it there.
//
//go:embed kept.json
var keptFigures []byte

// mayMove is the factor by which a figure may be worse than the kept figure. Beyond it, the saving
// counts as lost.
const mayMove = 1.2

// figures are kept figures by row.name.
type figures map[string]float64

func readKept(text []byte) (figures, error) {
	var kept figures
	if err := json.Unmarshal(text, &kept); err != nil {
		return nil, fmt.Errorf("read kept figures: %w", err)
	}
	return kept, nil
}

// check names every row that lost its saving, every ratio without a kept figure, and every kept
// figure that no benchmark measures any more.
func (f figures) check(rows []row) error {
	var errs []error
	gone := maps.Clone(f)
	for _, r := range rows {
		delete(gone, r.name())
		switch {
		case r.Kept == nil && r.isRatio():
			errs = append(errs, fmt.Errorf("no kept figure: add %q: %.3g to kept.json", r.name(), r.Measured))
		case r.lost():
			errs = append(errs, fmt.Errorf("%s: got %.3g, and %.3g is kept", r.name(), r.Measured, *r.Kept))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		errs = append(errs, fmt.Errorf("%s: was not measured, and %.3g is kept", name, gone[name]))
	}
	return errors.Join(errs...)
}

// lost reports whether the row is worse than its kept figure by more than mayMove: lower if the row
// has a floor, else higher.
func (r row) lost() bool {
	switch {
	case r.Kept == nil:
		return false
	case r.Floor != nil:
		return r.Measured*mayMove < *r.Kept
	default:
		return r.Measured > *r.Kept*mayMove
	}
}

// isRatio reports whether the unit is a ratio. Times and sizes are not: another machine does not
// reproduce them. Nor are exponents: their benchmark itself fails at its limit.
func (r row) isRatio() bool {
	if strings.HasSuffix(r.Unit, "exponent") {
		return false
	}
	for _, absolute := range []string{"ms", "µs", "MB"} {
		if r.Unit == absolute || strings.HasPrefix(r.Unit, absolute+"-") || strings.HasPrefix(r.Unit, absolute+"/") {
			return false
		}
	}
	return true
}
