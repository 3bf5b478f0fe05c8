// Package page fills a template with data: html/template with contextual escaping, and functions
// that reach nothing outside their arguments.
//
// A template is hostile until it has ended. html/template cannot be interrupted, so everything that
// can take long or much is counted: what parsing and escaping will cost before they begin
// (weight.go), each turn of a loop, each call of a function and each byte of output (meter.go).
// Templates may not call themselves, so that the depth of an execution is known before it.
//
// Read first: fill.go (the one entry), weight.go, meter.go, functions.go (what templates can call;
// docs/generate.md describes it for their authors).
package page
