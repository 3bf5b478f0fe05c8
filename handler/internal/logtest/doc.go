// Package logtest is the log of tests: what is written while something runs can be read meanwhile.
// It must never be linked into the handler.
package logtest
