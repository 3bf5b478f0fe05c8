package pades

import "time"

// Kind distinguishes signatures from document timestamps.
type Kind string

// The kinds.
const (
	KindSignature         Kind = "signature"
	KindDocumentTimestamp Kind = "document_timestamp"
)

// Integrity says whether the signed bytes and the signature value are unchanged, regardless of
// certificate, time and trust.
type Integrity string

// The states of Integrity.
const (
	IntegrityIntact       Integrity = "intact"
	IntegrityBroken       Integrity = "broken"
	IntegrityNotEvaluated Integrity = "not_evaluated"
)

// SignerTrust says whether the signer's certificate was valid at the proved time: it depends on
// anchors, path, dates and revocation.
type SignerTrust string

// The states of SignerTrust.
const (
	SignerTrusted           SignerTrust = "trusted"
	SignerNotTrusted        SignerTrust = "not_trusted"
	SignerIndeterminate     SignerTrust = "indeterminate"
	SignerTrustNotEvaluated SignerTrust = "not_evaluated"
)

// Signature is the finding for one signature. Integrity, Trust and ChangesAfter are separate;
// Indication follows from them.
type Signature struct {
	Kind          Kind          `json:"kind"`
	Field         string        `json:"field"`
	SubFilter     string        `json:"sub_filter"`
	Level         Level         `json:"level,omitempty"` // the baseline level, by the valid elements that the document has; "" = none
	Certification Permission    `json:"certification,omitempty"`
	Indication    Indication    `json:"indication"`
	SubIndication SubIndication `json:"sub_indication,omitempty"`
	Detail        string        `json:"detail,omitempty"` // one sentence for a person

	Integrity       Integrity   `json:"integrity"`
	IntegrityDetail string      `json:"integrity_detail,omitempty"` // one sentence, unless the signature is simply intact
	Trust           SignerTrust `json:"trust"`
	TrustDetail     string      `json:"trust_detail,omitempty"` // one sentence, when the signer is not trusted
	Remarks         []string    `json:"remarks,omitempty"`      // deviations that do not change the verdict

	ClaimedTime        time.Time    `json:"claimed_time,omitzero"` // what the signer says, not a proof
	Reason             string       `json:"reason,omitempty"`
	Location           string       `json:"location,omitempty"`
	ContactInfo        string       `json:"contact_info,omitempty"`
	Name               string       `json:"name,omitempty"`
	DigestAlgorithm    string       `json:"digest_algorithm,omitempty"`
	SignatureAlgorithm string       `json:"signature_algorithm,omitempty"`
	Signer             *Certificate `json:"signer,omitempty"`

	// BestSignatureTime is the earliest time at which the signature is proved to have existed:
	// without a proof the time of verification, for a valid document timestamp the time in its
	// token. It is zero if the signature is not intact.
	BestSignatureTime time.Time   `json:"best_signature_time,omitzero"`
	Chain             []Link      `json:"chain,omitempty"`      // from the signer to the anchor
	Timestamps        []Timestamp `json:"timestamps,omitempty"` // of the signature; a document timestamp has an entry of its own

	ByteRange           []int64 `json:"byte_range,omitempty"`
	CoversWholeDocument *bool   `json:"covers_whole_document,omitempty"` // nil = not established
	Revision            int     `json:"revision,omitempty"`              // number of the Revision that it covers; 0 = not established
	ChangesAfter        Change  `json:"changes_after"`                   // the gravest change of later revisions
	// ForbiddenRevisions are the numbers of later revisions that the certification or the locks of
	// this signature do not allow, or that change the document in ways that no signature allows.
	ForbiddenRevisions []int `json:"forbidden_revisions,omitempty"`
}

// Link is a certificate of a chain, with its revocation status.
type Link struct {
	Certificate
	Anchor     bool        `json:"anchor,omitempty"`
	Revocation *Revocation `json:"revocation,omitempty"` // nil for an anchor
}

// Revocation is the evidence that was used for one certificate.
type Revocation struct {
	// Status is good, revoked or unknown; "none_named" when the certificate names no source of
	// revocation data and the document has none, "missing" when it names a source and there is no
	// usable answer, and "not_needed" when the certificate says that it is never revoked (ETSI EN
	// 319 412-1, 5.2; RFC 9608).
	Status     string    `json:"status"`
	Source     string    `json:"source,omitempty"` // "document" or "online"
	Kind       string    `json:"kind,omitempty"`   // "ocsp" or "crl"
	ThisUpdate time.Time `json:"this_update,omitzero"`
	NextUpdate time.Time `json:"next_update,omitzero"`
	RevokedAt  time.Time `json:"revoked_at,omitzero"`
	Fresh      bool      `json:"fresh"` // recent enough for the time at which the certificate had to be valid
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
