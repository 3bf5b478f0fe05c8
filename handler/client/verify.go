package client

import (
	"context"
	"net/http"
	"time"
)

// Report is what Influxion found in a document.
type Report struct {
	Summary    Summary     `json:"summary"`
	Signatures []Signature `json:"signatures"` // in the order of their revisions
}

// Summary counts signatures by indication.
type Summary struct {
	Total         int `json:"total"`
	Passed        int `json:"passed"`
	Indeterminate int `json:"indeterminate"`
	Failed        int `json:"failed"`
}

// Signature is the finding for one signature: ETSI EN 319 102-1 has the indications.
type Signature struct {
	Field              string    `json:"field"`
	SubFilter          string    `json:"sub_filter"`
	Level              string    `json:"level"`
	Certification      int       `json:"certification"` // P of a certification signature; 0 = none
	Indication         string    `json:"indication"`    // TOTAL-PASSED, INDETERMINATE or TOTAL-FAILED
	SubIndication      string    `json:"sub_indication"`
	Detail             string    `json:"detail"`
	ClaimedTime        time.Time `json:"claimed_time"` // no proof
	Reason             string    `json:"reason"`
	Location           string    `json:"location"`
	ContactInfo        string    `json:"contact_info"`
	Name               string    `json:"name"`
	DigestAlgorithm    string    `json:"digest_algorithm"`
	SignatureAlgorithm string    `json:"signature_algorithm"`
	Signer             *Signer   `json:"signer"` // nil = not found

	ByteRange           []int64 `json:"byte_range"`
	CoversWholeDocument bool    `json:"covers_whole_document"`
	ChangesAfter        string  `json:"changes_after"` // none, signature, form_filling, annotation or other
}

// Signer is the certificate of a signature.
type Signer struct {
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	Serial      string    `json:"serial"` // lower-case hex
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	Fingerprint string    `json:"fingerprint"` // SHA-256, lower-case hex
}

// Verify has the signatures of a document reported. A signature that does not verify is a finding, not an error.
func (c *Client) Verify(ctx context.Context, document Document) (*Report, error) {
	report := &Report{}
	if err := c.fetch(ctx, call{method: http.MethodPost, path: "verify", accept: mediaJSON, document: document}, report); err != nil {
		return nil, err
	}
	return report, nil
}
