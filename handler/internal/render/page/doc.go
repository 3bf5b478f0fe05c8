// Package page fills a template with data. It uses html/template with contextual escaping, and
// functions that reach nothing outside their arguments.
//
// A template is hostile input until its execution has ended. html/template cannot be interrupted,
// so this package counts everything that can take much time or memory: the cost of parsing and
// escaping before they begin (weight.go), each turn of a loop, each call of a function and each
// byte of output (meter.go). It must never execute a template that calls itself, because the depth
// of an execution must be known before it begins.
//
// Read fill.go first (the one entry), then weight.go, meter.go and functions.go (the functions for
// templates; docs/generate.md describes them for authors).
package page
