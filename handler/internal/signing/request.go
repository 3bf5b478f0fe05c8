package signing

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"

	"influxion/handler/internal/pades"
)

// Request is one ask to seal a document or, with the Level of its Options alone, to extend or timestamp one.
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
	if slices.Contains(Levels(), r.Options.Level) {
		record.Level = string(r.Options.Level)
	}
}

// Levels are the baseline levels that can be asked for, lowest first.
func Levels() []pades.Level {
	return []pades.Level{pades.LevelBB, pades.LevelBT, pades.LevelBLT, pades.LevelLTA}
}

// Sealed is the answer to a Request: the sealed document is the Request's own, followed by the increment.
type Sealed struct {
	Increment   []byte
	Certificate *Certificate // nil where nothing was signed with one
	Level       pades.Level  // that the document has reached; "" for a document timestamp alone
	Shortfall   string       // why it is lower than what was asked for; "" when it is not
	Remarks     []string     // what in the document is not as the standard has it and was passed over or mended, each in one sentence
	PDFA        string       // the conformance with ISO 19005 that the document declares and keeps, such as "PDF/A-2b"; "" = none
	PDFUA       string       // the conformance with ISO 14289 that it declares, such as "PDF/UA-1"; "" = none
	PDFUALost   string       // why it does not keep that; "" when it does
}
