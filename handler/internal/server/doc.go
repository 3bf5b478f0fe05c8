// Package server is Influxion's HTTP edge: it turns requests into calls of package signing and
// their outcomes into answers. Routes are data (Routes). One pipeline (Server.serve) does what they
// have in common: invocation ID, limits, deadline, authentication, audit, problem details (RFC
// 9457), bearer challenges (RFC 6750) and the log line. Below it, package request reads documents
// and options, and package answer is what endpoints return.
//
// It must never log or answer with an access token, a document's bytes, a raw path or query, or the
// cause of an error; never answer an attempt to sign before its audit record is written; and never
// hold more document bytes at once than Config allows.
//
// Read first: route.go (what there is), pipeline.go (what each request passes), signroutes.go (the
// main job).
package server
