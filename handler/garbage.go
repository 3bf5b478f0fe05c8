package main

import "runtime/debug"

// heap tunes the garbage collection of the process.
type heap struct {
	// percent is how much the heap may grow between collections, in percent of what is in use, as
	// loosen or GOGC has set it.
	percent int
}

// Bounds of the growth in percent while no request asks for less. The program itself keeps a few
// megabytes. With Go's default of 100 percent it would collect garbage after every few requests.
const (
	leastGrowth = 400
	mostGrowth  = 2000

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
	percent := debug.SetGCPercent(leastGrowth) // the value can only be read by setting it
	debug.SetGCPercent(percent)
	return heap{percent}
}

// Tighten implements memory.Heap.
func (h heap) Tighten(most int) {
	percent := h.percent
	if most > 0 && (percent < 0 || percent > most) {
		percent = most
	}
	debug.SetGCPercent(percent)
}

// Collect implements memory.Heap.
func (heap) Collect() { debug.FreeOSMemory() }
