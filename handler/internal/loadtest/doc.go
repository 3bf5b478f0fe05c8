// Package loadtest has what the programs that load the staged handler share: a handler's process
// with what it takes of memory and processor, and a count of the answers. It needs Linux for the
// former: proc(5). It must never be linked into the handler.
//
// Read first: process.go.
package loadtest
