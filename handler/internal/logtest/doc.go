// Package logtest is a log for tests: a test can read it while other goroutines write to it. It
// must never be linked into the handler.
package logtest
