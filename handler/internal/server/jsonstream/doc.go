// Package jsonstream reads and writes JSON (RFC 8259) that contains a document. It treats the
// document as a stream, so that memory never holds a second copy of it in base64 (RFC 4648, section
// 4).
//
// It must never read a value further than its limit, and never repeat a value in an error. It
// refuses a name that occurs twice, and base64 that contains anything but its alphabet and line
// breaks.
//
// Read jsontoken.go first (objects, strings, numbers), then filemember.go (a file in base64) and
// base64reader.go; base64writer.go encodes.
package jsonstream
