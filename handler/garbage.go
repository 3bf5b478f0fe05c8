package main

import "runtime/debug"

// heap tunes the garbage collection of the process.
type heap struct {
	percent int // how much the heap may grow until it is collected, in percent of what is in use: of loosen, or GOGC
}

// Growth in percent: while heavy requests or many bytes of documents are in progress, and bounds of
// it while they are not. What the program keeps by itself is a few megabytes, so that Go's default
// of 100 percent would have it collect after every few requests.
const (
	tightPercent = 50
	leastGrowth  = 400
	mostGrowth   = 2000

	usualHeap   = 4 << 20 // what the program keeps by itself, in bytes
	garbagePart = 16      // of the memory limit: what the heap may grow by while documents take little
)

// looseHeap is how much the heap may grow within a memory limit while documents take little.
func looseHeap(limit int64) int {
	return int(min(max(limit/(garbagePart*usualHeap)*100, leastGrowth), mostGrowth))
}

// loosen lets the heap grow more between collections, where a memory limit is in force and GOGC,
// the Go runtime's own variable, is not set.
func loosen(environ map[string]string) {
	if limit := memoryInForce(); limit > 0 && environ["GOGC"] == "" {
		debug.SetGCPercent(looseHeap(limit))
	}
}

func newHeap() heap {
	percent := debug.SetGCPercent(tightPercent) // the value can only be read by setting it
	debug.SetGCPercent(percent)
	return heap{percent}
}

// Tighten implements memory.Heap.
func (h heap) Tighten(tight bool) {
	percent := h.percent
	if tight && (percent < 0 || percent > tightPercent) {
		percent = tightPercent
	}
	debug.SetGCPercent(percent)
}

// Collect implements memory.Heap.
func (heap) Collect() { debug.FreeOSMemory() }
