// Package syntax defines objects and their written form: ISO 32000-2, 7.2 and 7.3. It reads objects
// from bytes through a sliding window, within Limits, and writes them.
//
// It must never know where in a file an object is, nor what an object is for. It reads a file that
// breaks the standard with the tolerance that all readers share, and no more.
//
// Read first: object.go (the kinds of object), lexer.go (the window), parser.go. The other files:
//   - parsing: container.go, name.go, string.go, hex.go; indirect.go reads from obj to endobj
//   - without making the object: visit.go, shallowread.go, shallowtoken.go; span.go finds where a
//     value stands
//   - writing: writer.go; text.go makes text strings
//   - memory: footprint.go
package syntax
