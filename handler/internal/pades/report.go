package pades

import "time"

// Indication is the outcome for one signature: ETSI EN 319 102-1, section 5.1.3.
type Indication string

// The indications.
const (
	TotalPassed   Indication = "TOTAL-PASSED"
	Indeterminate Indication = "INDETERMINATE"
	TotalFailed   Indication = "TOTAL-FAILED"
)

// SubIndication is the machine-readable reason of an Indication that is not TotalPassed: ETSI EN 319 102-1, table 6.
type SubIndication string

// The sub-indications in use.
const (
	FormatFailure            SubIndication = "FORMAT_FAILURE"
	HashFailure              SubIndication = "HASH_FAILURE"
	SigCryptoFailure         SubIndication = "SIG_CRYPTO_FAILURE"
	SigConstraintsFailure    SubIndication = "SIG_CONSTRAINTS_FAILURE"
	ChainConstraintsFailure  SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	CryptoConstraintsFailure SubIndication = "CRYPTO_CONSTRAINTS_FAILURE"
	NoSigningCertificate     SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoCertificateChain       SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	OutOfBoundsNoPOE         SubIndication = "OUT_OF_BOUNDS_NO_POE"
	NotYetValid              SubIndication = "NOT_YET_VALID"
	RevokedNoPOE             SubIndication = "REVOKED_NO_POE"
	RevokedCANoPOE           SubIndication = "REVOKED_CA_NO_POE"
	OutOfBoundsNotRevoked    SubIndication = "OUT_OF_BOUNDS_NOT_REVOKED"
	RevocationOutOfBounds    SubIndication = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
	NoPOE                    SubIndication = "NO_POE"
	TryLater                 SubIndication = "TRY_LATER"
	TimestampOrderFailure    SubIndication = "TIMESTAMP_ORDER_FAILURE"
	Revoked                  SubIndication = "REVOKED"
	Expired                  SubIndication = "EXPIRED"
	CryptoConstraintsNoPOE   SubIndication = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
)

// Report is what Verify found in a document.
type Report struct {
	Signatures []Signature `json:"signatures"` // in the order of their revisions; empty for an unsigned document
}

// Kind is what a signature field holds.
type Kind string

// The kinds.
const (
	KindSignature         Kind = "signature"
	KindDocumentTimestamp Kind = "document_timestamp"
)

// Signature is the finding for one signature field.
type Signature struct {
	Kind          Kind          `json:"kind"`
	Field         string        `json:"field"`
	SubFilter     string        `json:"sub_filter"`
	Level         Level         `json:"level,omitempty"` // the baseline level that it has reached by what is there and valid; "" = none
	Certification Permission    `json:"certification,omitempty"`
	Indication    Indication    `json:"indication"`
	SubIndication SubIndication `json:"sub_indication,omitempty"`
	Detail        string        `json:"detail,omitempty"` // one sentence for a person

	ClaimedTime        time.Time    `json:"claimed_time,omitzero"` // /M: what the signer says, not a proof
	Reason             string       `json:"reason,omitempty"`
	Location           string       `json:"location,omitempty"`
	ContactInfo        string       `json:"contact_info,omitempty"`
	Name               string       `json:"name,omitempty"`
	DigestAlgorithm    string       `json:"digest_algorithm,omitempty"`
	SignatureAlgorithm string       `json:"signature_algorithm,omitempty"`
	Signer             *Certificate `json:"signer,omitempty"`

	// BestSignatureTime is the earliest time at which the signature is proved to have existed; the time of verification without a proof.
	// For a valid document timestamp it is the time that it states.
	BestSignatureTime time.Time   `json:"best_signature_time,omitzero"`
	Chain             []Link      `json:"chain,omitempty"`      // from the signer to the anchor
	Timestamps        []Timestamp `json:"timestamps,omitempty"` // of the signature; a document timestamp has an entry of its own

	ByteRange           []int64 `json:"byte_range,omitempty"`
	CoversWholeDocument bool    `json:"covers_whole_document"`
	ChangesAfter        Change  `json:"changes_after"` // the gravest change that later revisions made
	// LaterRevisions are the revisions behind the one that the signature covers, oldest first.
	LaterRevisions []Revision `json:"later_revisions,omitempty"`
}

// Revision is what one incremental update did to the document as it was before.
type Revision struct {
	End     int64    `json:"end"` // offset behind its last byte
	Change  Change   `json:"change"`
	Fields  []string `json:"fields,omitempty"` // that were filled, signed or added; the first of many
	Allowed bool     `json:"allowed"`          // by the certification and the locks of the signature that this is told for
}

// Link is a certificate of a chain, and what is known of its revocation.
type Link struct {
	Certificate
	Anchor     bool        `json:"anchor,omitempty"`
	Revocation *Revocation `json:"revocation,omitempty"` // nil for an anchor
}

// Revocation is the evidence that was used for one certificate.
type Revocation struct {
	// Status is good, revoked or unknown; "none_named" when the certificate names no place to ask and nothing is in the document,
	// "missing" when it names one and there is no usable answer, and "not_needed" when the certificate says that it is never revoked
	// (ETSI EN 319 412-1, 5.2; RFC 9608).
	Status     string    `json:"status"`
	Source     string    `json:"source,omitempty"` // "document" or "online"
	Kind       string    `json:"kind,omitempty"`   // "ocsp" or "crl"
	ThisUpdate time.Time `json:"this_update,omitzero"`
	NextUpdate time.Time `json:"next_update,omitzero"`
	RevokedAt  time.Time `json:"revoked_at,omitzero"`
	Fresh      bool      `json:"fresh"` // for the time at which the certificate had to be valid
}

// Timestamp is the finding for one timestamp token.
type Timestamp struct {
	Time          time.Time     `json:"time,omitzero"`
	TSA           *Certificate  `json:"tsa,omitempty"`
	Indication    Indication    `json:"indication"`
	SubIndication SubIndication `json:"sub_indication,omitempty"`
	Detail        string        `json:"detail,omitempty"`
	Chain         []Link        `json:"chain,omitempty"`
}

// Certificate is a certificate as a report shows it.
type Certificate struct {
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	Serial      string    `json:"serial"` // lower-case hex
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	Fingerprint string    `json:"fingerprint"` // SHA-256, lower-case hex
}

// Change classes what was appended to the document after a signature, the gravest first found in a later revision.
type Change string

// The changes, from harmless to grave.
const (
	ChangeNone        Change = "none"
	ChangeDSS         Change = "dss"          // validation data, document timestamps and metadata alone
	ChangeSignature   Change = "signature"    // another signature
	ChangeFormFilling Change = "form_filling" // values of form fields
	ChangeAnnotation  Change = "annotation"   // annotations added, changed or removed
	ChangeOther       Change = "other"        // anything else: pages, contents, structure
)
