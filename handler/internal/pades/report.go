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
)

// Report is what Verify found in a document.
type Report struct {
	Signatures []Signature `json:"signatures"` // in the order of their revisions; empty for an unsigned document
}

// Signature is the finding for one signature field.
type Signature struct {
	Field         string        `json:"field"`
	SubFilter     string        `json:"sub_filter"`
	Level         Level         `json:"level,omitempty"` // the baseline level whose form it has; "" = none
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

	ByteRange           []int64 `json:"byte_range,omitempty"`
	CoversWholeDocument bool    `json:"covers_whole_document"`
	ChangesAfter        Change  `json:"changes_after"` // the gravest change that later revisions made
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
	ChangeSignature   Change = "signature"    // another signature or timestamp, or validation data
	ChangeFormFilling Change = "form_filling" // values of form fields
	ChangeAnnotation  Change = "annotation"   // annotations added, changed or removed
	ChangeOther       Change = "other"        // anything else: pages, contents, structure
)
