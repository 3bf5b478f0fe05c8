// Package request reads HTTP requests that carry a document: the body, in any of its three forms
// (the PDF itself, RFC 7578 form data, a JSON object with base64), and the options of an operation
// become a Request.
//
// It trusts no length that a caller states: a body is bounded in size and time before it is read,
// memory is counted before it is taken, and a request that does not fit waits or is refused. The
// package never answers, never logs, and never puts what a caller sent into an error, except for a
// word that has the form of an option's name.
//
// Read first: incoming.go (one request and its body), options.go (what can be chosen), and package
// memory (how much memory requests may take).
package request
