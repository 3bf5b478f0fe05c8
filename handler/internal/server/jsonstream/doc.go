// Package jsonstream reads and writes JSON (RFC 8259) with a document in it as a stream, so that
// the document is never in memory in base64 (RFC 4648, section 4) as well.
//
// It must never read a value further than its limit, and never repeat a value in an error. It
// refuses a name that comes twice, and base64 with anything else in it than line breaks.
//
// Read jsontoken.go first (objects, strings, numbers), then filemember.go (a file in base64) and
// base64reader.go; base64writer.go is the way back.
package jsonstream
