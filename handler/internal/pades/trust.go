package pades

import (
	"crypto/x509"
	"time"

	"influxion/handler/internal/pades/algorithm"
)

// Trust is what verification relies on: anchors, time, and sources of evidence.
type Trust struct {
	Anchors []*x509.Certificate // a chain must end in one of them; empty = no chain is trusted
	Time    time.Time           // the time of the verification
	// Online finds current revocation evidence and missing issuers; nil = only the document's own
	// validation data is used.
	Online RevocationSource
	// Proven remembers what earlier documents proved about certificates and revocation evidence;
	// nil = nothing. The values of signatures and of timestamps are always verified.
	Proven *algorithm.Proven
	// Parsed are certificates that the document is likely to embed. They are not parsed again, and
	// are trusted no more than other certificates.
	Parsed []*x509.Certificate
}
