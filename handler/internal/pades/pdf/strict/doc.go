// Package strict reads the syntax of ISO 32000-2 as it is written, without any tolerance. What it
// accepts, all readers of PDF files take alike.
//
// It must never skip, guess or repair anything; and a limit that is reached is an error, never an
// irregularity of the file.
//
// Read first: strict.go, then consume.go (an object); crossreference.go, members.go and zlib.go are
// for what an update has beside objects.
package strict
