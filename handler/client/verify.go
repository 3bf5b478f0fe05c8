package client

import (
	"context"
	"fmt"
	"mime"
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
	Kind               string    `json:"kind"` // signature or document_timestamp
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

	BestSignatureTime time.Time   `json:"best_signature_time"` // the earliest proved; the time of verification without a proof
	Chain             []Link      `json:"chain"`               // from the signer to the trust anchor
	Timestamps        []Timestamp `json:"timestamps"`

	ByteRange           []int64    `json:"byte_range"`
	CoversWholeDocument bool       `json:"covers_whole_document"`
	ChangesAfter        string     `json:"changes_after"` // none, dss, signature, form_filling, annotation or other
	LaterRevisions      []Revision `json:"later_revisions"`
}

// Link is a certificate of a chain with what is known of its revocation.
type Link struct {
	Signer
	Anchor     bool        `json:"anchor"`
	Revocation *Revocation `json:"revocation"` // nil for an anchor
}

// Revocation is what is known of a certificate's revocation.
type Revocation struct {
	Status     string    `json:"status"` // good, revoked, unknown, none_named or missing
	Source     string    `json:"source"` // document or online
	Kind       string    `json:"kind"`   // ocsp or crl
	ThisUpdate time.Time `json:"this_update"`
	NextUpdate time.Time `json:"next_update"`
	RevokedAt  time.Time `json:"revoked_at"`
	Fresh      bool      `json:"fresh"` // for the time at which the certificate had to be valid
}

// Timestamp is the finding for one signature timestamp.
type Timestamp struct {
	Time          time.Time `json:"time"`
	TSA           *Signer   `json:"tsa"`
	Indication    string    `json:"indication"`
	SubIndication string    `json:"sub_indication"`
	Detail        string    `json:"detail"`
	Chain         []Link    `json:"chain"`
}

// Revision is what one later incremental update did.
type Revision struct {
	End     int64    `json:"end"`    // offset behind its last byte
	Change  string   `json:"change"` // as ChangesAfter
	Fields  []string `json:"fields"`
	Allowed bool     `json:"allowed"` // by the signature that this is told for
}

// Signer is the certificate of a signature or a timestamp authority.
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
	if err := c.fetch(ctx, call{method: http.MethodPost, path: "verify", accept: mediaJSON, document: document, mediaType: mediaPDF}, report); err != nil {
		return nil, err
	}
	return report, nil
}

// VerifyText is Verify with a report in plain text for a person, in English and UTF-8.
func (c *Client) VerifyText(ctx context.Context, document Document) ([]byte, error) {
	return c.readable(ctx, document, mediaText)
}

// VerifyHTML is Verify with a report as a page for a person, in English. It loads nothing and runs nothing.
func (c *Client) VerifyHTML(ctx context.Context, document Document) ([]byte, error) {
	return c.readable(ctx, document, mediaHTML)
}

func (c *Client) readable(ctx context.Context, document Document, media string) ([]byte, error) {
	response, err := c.do(ctx, call{method: http.MethodPost, path: "verify", accept: media, document: document, mediaType: mediaPDF})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if got, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || got != media {
		return nil, fmt.Errorf("got an answer of type %q, want %s", response.Header.Get("Content-Type"), media)
	}
	return readBounded(response.Body, maxAnswer)
}
