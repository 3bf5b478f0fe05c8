package signing

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"

	"influxion/handler/internal/pades"
)

// Request asks to seal a document or, with the Level of its Options alone, to extend or timestamp
// one.
type Request struct {
	Document    pades.Document
	Certificate string // name; "" = the policy's default
	Version     string // "" = the current version
	Options     pades.Options
}

// Refused notes in record all that is known of a refused request. It notes a text of the caller
// only if the text can be a name, a version or a level.
func (r Request) Refused(record *Record) {
	r.note(record)
	// This does not depend on the time that is left: the document's size is limited, and a record
	// without its digest tells nothing.
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(r.Document, 0, r.Document.Size())); err == nil {
		record.DocumentDigest = hex.EncodeToString(hash.Sum(nil))
	}
}

// note writes into record what the request asks for. What is found out later overwrites it.
func (r Request) note(record *Record) {
	record.DocumentBytes = r.Document.Size()
	if record.Certificate == "" && ValidCertificateName(r.Certificate) {
		record.Certificate = r.Certificate
	}
	if slices.Contains(Levels(), r.Options.Level) {
		record.Level = string(r.Options.Level)
	}
}

// Levels are the baseline levels that can be asked for, lowest first.
func Levels() []pades.Level {
	return []pades.Level{pades.LevelBB, pades.LevelBT, pades.LevelBLT, pades.LevelLTA}
}

// Result is the answer to a Request: what is appended to the Request's document, and what that
// achieves.
type Result struct {
	Increment   []byte
	Certificate *Certificate // nil where nothing was signed with one
	Level       pades.Level  // that the document has reached; "" for a document timestamp alone
	Shortfall   string       // why it is lower than what was asked for; "" when it is not
	// deviations of the document from the standard that were tolerated or repaired, each in one
	// sentence
	Remarks []string
	// the conformance with ISO 19005 that the document declares and keeps, such as "PDF/A-2b"; "" =
	// none
	PDFA      string
	PDFUA     string // the conformance with ISO 14289 that it declares, such as "PDF/UA-1"; "" = none
	PDFUALost string // why it does not keep that; "" when it does
}
