package signing

import "influxion/handler/internal/pades"

// Request is one ask to seal a document.
type Request struct {
	Document    pades.Document
	Certificate string // name; "" = the policy's default
	Version     string // "" = the current version
	Options     pades.Options
}

// Sealed is the answer to a Request: the document's own bytes followed by the increment.
type Sealed struct {
	Document    pades.Document // what was sent, unchanged
	Increment   []byte         // appended to it
	Certificate *Certificate
	Level       pades.Level
}
