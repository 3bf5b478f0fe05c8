// Package clocktest is a clock for tests: it stands still until they move it. It must never be
// linked into the handler. All of it is in clock.go.
package clocktest
