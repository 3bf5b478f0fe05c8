// Package clocktest is the clock of tests: it stands still until they move it. It must never be
// linked into the handler. All of it is in clock.go.
package clocktest
