// Package bounds is what reading one PDF file may cost, and the Error of a file that costs more or
// that cannot be read. An Account charges the budget of the whole document for the same work and
// memory.
//
// It must never know the syntax of a file. A bound is never a verdict: it says nothing of what the
// file holds.
//
// Read first: limits.go, account.go.
package bounds
