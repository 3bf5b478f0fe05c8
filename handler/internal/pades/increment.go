package pades

import "crypto/sha256"

// Increment is what is appended to a document, with the digests that were computed in the same pass
// over it.
type Increment struct {
	Bytes          []byte            // one incremental update or several; empty where Extend found nothing to add
	DocumentDigest [sha256.Size]byte // SHA-256 of the document as it was
	SignedDigest   [sha256.Size]byte // SHA-256 of the document with the increment
	Level          Level             // that was reached; "" for a document timestamp alone
	// that Extend found all signatures to have before, whoever is trusted; "" = none, or not looked
	// at
	LevelBefore Level
	Shortfall   error // why it is lower than what was asked for: a *ServiceError; nil when it is not
	// why the document is less accessible than before, and no longer PDF/UA if it was; "" = it is
	// not
	Inaccessible string
	// Remarks say what in the document is not as the standard has it and was passed over or mended,
	// each in one sentence that is safe to show.
	Remarks []string
}

// Reached is the level of the document with the increment. A document may already be at a higher
// level than was asked for.
func (i *Increment) Reached() Level {
	if i.LevelBefore.Rank() > i.Level.Rank() {
		return i.LevelBefore
	}
	return i.Level
}
