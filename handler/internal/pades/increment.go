package pades

import "crypto/sha256"

// Increment is what is appended to a document, and the digests that came with the one pass over it.
type Increment struct {
	Bytes          []byte            // one incremental update or several; empty where Extend found nothing to add
	DocumentDigest [sha256.Size]byte // SHA-256 of the document as it was
	SignedDigest   [sha256.Size]byte // SHA-256 of the document with the increment
	Level          Level             // that was reached; "" for a document timestamp alone
	LevelBefore    Level             // that Extend found all signatures to have before, whoever is trusted; "" = none, or not looked at
	Shortfall      error             // why it is lower than what was asked for: a *ServiceError; nil when it is not
	Inaccessible   string            // why the document is less accessible than before, and no longer PDF/UA if it was; "" = it is not
	// Remarks say what in the document is not as the standard has it and was passed over or mended, each in one sentence that is safe to show.
	Remarks []string
}

// Reached is the level of the document with the increment: a document may be higher already than it is asked to be.
func (i *Increment) Reached() Level {
	if i.LevelBefore.Rank() > i.Level.Rank() {
		return i.LevelBefore
	}
	return i.Level
}
