// Package loadtest is shared by the programs that put load on the staged handler. It starts a
// handler's process, measures its memory and processor time, and counts the answers. The
// measurements need Linux: proc(5). It must never be linked into the handler.
//
// Read first: process.go.
package loadtest
