package signing

import "influxion/handler/internal/pades"

// Request is one ask to seal a document.
type Request struct {
	Document    pades.Document
	Certificate string // name; "" = the policy's default
	Version     string // "" = the current version
	Options     pades.Options
}

// Sealed is the answer to a Request: the signed document is the Request's own, followed by the increment.
type Sealed struct {
	Increment   []byte
	Certificate *Certificate
	Level       pades.Level
}
