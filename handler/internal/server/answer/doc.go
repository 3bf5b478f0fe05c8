// Package answer defines what endpoints return, and writes it: an Answer with its body, a signed
// document as PDF or in JSON, a part of a document (RFC 9110, section 14).
//
// It must never send anything before its length is known, nor join a document and its increment in
// memory.
//
// Read answer.go first, then signed.go (what an answer states about a signed document) and
// rangerequest.go.
package answer
