// Package strict reads the syntax of ISO 32000-2 as it is written, without any tolerance. All
// readers of PDF files read alike what it accepts.
//
// It must never skip, guess or repair anything. A limit that is reached is an error, never an
// irregularity of the file.
//
// Read first: strict.go, then consume.go (an object). crossreference.go, members.go and zlib.go
// check what an update has beside objects.
package strict
