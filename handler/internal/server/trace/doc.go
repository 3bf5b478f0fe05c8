// Package trace carries the trace context of a request (W3C Trace Context, Recommendation of 23
// November 2021) to the log, so that every line about a request joins what the Functions host
// writes about it: trace_id is operation_Id of requests, span_id is their id.
//
// It must never make a context up, and never log what a caller sent but for the one form that is
// safe: lower-case hexadecimal digits of fixed length.
//
// Read context.go first, then handler.go.
package trace
