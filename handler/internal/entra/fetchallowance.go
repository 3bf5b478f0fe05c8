package entra

import "time"

// allowance bounds the fetches that unknown kids cause, however many tokens there are and whoever
// sends them: unknownBurst at once, then one in each unknownInterval. The zero value has the whole
// burst.
type allowance struct {
	paid time.Time // each fetch moves it one unknownInterval into the future
}

// spend takes one fetch from the allowance, if there is one left.
func (a *allowance) spend(now time.Time) bool {
	if a.wait(now) > 0 {
		return false
	}
	if a.paid.Before(now) {
		a.paid = now
	}
	a.paid = a.paid.Add(unknownInterval)
	return true
}

// wait is the time until a fetch is allowed; zero or less = now.
func (a *allowance) wait(now time.Time) time.Duration {
	return a.paid.Add(-(unknownBurst - 1) * unknownInterval).Sub(now)
}
