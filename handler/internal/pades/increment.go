package pades

import "crypto/sha256"

// Increment is what is appended to a document, with the digests that were computed in the same pass
// over it.
type Increment struct {
	Bytes          []byte            // one or more incremental updates; empty where Extend found nothing to add
	DocumentDigest [sha256.Size]byte // SHA-256 of the document as it was
	SignedDigest   [sha256.Size]byte // SHA-256 of the document with the increment
	Level          Level             // that was reached; "" for a document timestamp alone
	// the level that all signatures had before Extend, regardless of trust; "" = none, or not
	// determined
	LevelBefore Level
	Shortfall   error    // why it is lower than requested: a *ServiceError; nil = it is not
	Declared    Declared // by the document as it was
	// why the document is less accessible than before, and no longer PDF/UA if it was; "" = it is
	// as accessible
	Inaccessible string
	// Remarks are the deviations of the document from the standard that were tolerated or repaired,
	// each in one sentence that is safe to show.
	Remarks []string
}

// Declared is what a document claims to conform with in its metadata. "" = nothing that can be
// read.
type Declared struct {
	PDFA  string // part and level of ISO 19005, as in "PDF/A-2b" or "PDF/A-4"
	PDFUA string // part of ISO 14289, as in "PDF/UA-1"
}

// Reached is the level of the document with the increment, which may be higher than what was asked
// for.
func (i *Increment) Reached() Level {
	if i.LevelBefore.Rank() > i.Level.Rank() {
		return i.LevelBefore
	}
	return i.Level
}
