// Package limiter limits the calls to one vault: it bounds the calls at once, pauses a key that the
// vault throttles, and bounds the line of waiting callers. It must never let a slow or throttled
// key delay the others. It does not know what the calls do.
//
// Read limiter.go first, then lane.go, which computes the pauses.
package limiter
