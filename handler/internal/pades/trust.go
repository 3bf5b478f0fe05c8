package pades

import (
	"crypto/x509"
	"time"
)

// Trust is what a signature is measured against.
type Trust struct {
	Anchors []*x509.Certificate // a chain must end in one of them; empty = no chain is trusted
	Time    time.Time           // the time of the verification
	// Online finds current revocation evidence and missing issuers; nil = what the document holds
	// must do.
	Online RevocationSource
}
