// Package trace carries the trace context of a request (W3C Trace Context, Recommendation of 23
// November 2021) to the log, so that every line about a request can be joined with what the
// Functions host writes about it: trace_id is operation_Id of requests, span_id is their id.
//
// It must never invent a context, and never log what a caller sent except in the one form that is
// safe: lower-case hexadecimal digits of fixed length.
//
// Read context.go first, then handler.go.
package trace
