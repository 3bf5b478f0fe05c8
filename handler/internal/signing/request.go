package signing

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"influxion/handler/internal/pades"
)

// Request is one ask to seal a document.
type Request struct {
	Document    pades.Document
	Certificate string // name; "" = the policy's default
	Version     string // "" = the current version
	Options     pades.Options
}

// Refused notes in record all that is known of a request that comes to no signature. What a caller wrote is noted only where it can
// be what it stands for.
func (r Request) Refused(record *Record) {
	r.note(record)
	// Whether or not there is time left: the document's size is limited, and a record without its digest is about nothing.
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(r.Document, 0, r.Document.Size())); err == nil {
		record.DocumentDigest = hex.EncodeToString(hash.Sum(nil))
	}
}

// note tells what is asked for, as far as nothing better is known.
func (r Request) note(record *Record) {
	record.DocumentBytes = r.Document.Size()
	if record.Certificate == "" && ValidCertificateName(r.Certificate) {
		record.Certificate = r.Certificate
	}
	switch r.Options.Level {
	case "":
		record.Level = string(pades.LevelBB)
	case pades.LevelBB, "B-T", "B-LT", "B-LTA": // ETSI EN 319 142-1, clause 6
		record.Level = string(r.Options.Level)
	}
}

// Sealed is the answer to a Request: the signed document is the Request's own, followed by the increment.
type Sealed struct {
	Increment   []byte
	Certificate *Certificate
	Level       pades.Level
}
