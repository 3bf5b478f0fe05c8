package signing

import "time"

// Outcome is how an attempt to sign ended.
type Outcome string

// The outcomes.
const (
	Signed  Outcome = "signed"
	Made    Outcome = "made"    // a document was made and not signed, as was asked for
	Refused Outcome = "refused" // the caller, the request or the document was at fault
	Failed  Outcome = "failed"  // the service, or one that it needs, was at fault
)

// Action is what was attempted.
type Action string

// The actions.
const (
	Sign      Action = "sign"
	Extend    Action = "extend"
	Timestamp Action = "timestamp"
	Generate  Action = "generate"

	SignHash      Action = "sign_hash"      // blind: the content was not seen
	TimestampHash Action = "timestamp_hash" // likewise
)

// Record is the audit entry for one attempt to sign, extend or timestamp. Every attempt has one,
// refused ones too. It holds no part of the document, the token or the key. Its parts are flat in
// JSON, and their order is that of the audit log.
type Record struct {
	Time         time.Time `json:"time"`
	InvocationID string    `json:"invocation_id"`
	RecordedTrace
	Action Action `json:"action"`
	Caller
	RecordedDocument
	RecordedCertificate
	RecordedTemplate
	RecordedLevel
	RecordedOutcome
	RecordedHash
	Job string `json:"job,omitempty"` // the ID of the job that was run; "" = the caller waited
}

// RecordedOutcome is how it ended.
type RecordedOutcome struct {
	Outcome  Outcome       `json:"outcome"`
	Code     string        `json:"code,omitempty"` // the Error's code when not signed
	Duration time.Duration `json:"-"`
}

// RecordedTrace is the attempt's place in a distributed trace (W3C Trace Context), if the request
// names one.
type RecordedTrace struct {
	TraceID string `json:"trace_id,omitempty"`
	SpanID  string `json:"span_id,omitempty"`
}

// Caller is who asked: nobody before the access token is verified.
type Caller struct {
	TenantID string `json:"tenant_id,omitempty"`
	ObjectID string `json:"object_id,omitempty"`
	ClientID string `json:"client_id,omitempty"`
}

// RecordedDocument is what came in and what went out.
type RecordedDocument struct {
	DocumentDigest string `json:"document_digest,omitempty"` // hex SHA-256 of what was sent
	DocumentBytes  int64  `json:"document_bytes,omitempty"`
	SignedDigest   string `json:"signed_digest,omitempty"` // hex SHA-256 of what was returned
}

// RecordedCertificate is what was signed with.
type RecordedCertificate struct {
	Certificate            string `json:"certificate,omitempty"` // the name in the vault, or the requested name if it can be one
	CertificateVersion     string `json:"certificate_version,omitempty"`
	CertificateFingerprint string `json:"certificate_fingerprint,omitempty"`
}

// RecordedTemplate is what a document was made of: a template, and a style sheet if there was one.
type RecordedTemplate struct {
	Template       string `json:"template,omitempty"`        // the name of a stored template
	TemplateETag   string `json:"template_etag,omitempty"`   // of its version
	TemplateDigest string `json:"template_digest,omitempty"` // hex SHA-256 of one that was sent
	Style          string `json:"style,omitempty"`           // the name of a stored style sheet
	StyleETag      string `json:"style_etag,omitempty"`      // of its version
	StyleDigest    string `json:"style_digest,omitempty"`    // hex SHA-256 of one that was sent
	// Files are the stored files that the page referred to, beside the template or, if it was sent,
	// in the root of the container.
	Files []RecordedFile `json:"template_files,omitempty"`
}

// RecordedFile is a stored file that a page referred to.
type RecordedFile struct {
	Name string `json:"name"` // without its folder
	ETag string `json:"etag"` // of its version
}

// RecordedLevel is the baseline level of what was signed.
type RecordedLevel struct {
	Level     string `json:"level,omitempty"`     // the requested one; once signed, the one that was reached
	Shortfall string `json:"shortfall,omitempty"` // why it is lower than what was asked for
}

// RecordedHash is what was signed or timestamped blind.
type RecordedHash struct {
	Hash      string `json:"hash,omitempty"`      // hex
	Algorithm string `json:"algorithm,omitempty"` // by which it was signed, such as RSA-PKCS1-SHA256
	hashes    *hashRecords
}

// hashRecords are those of an attempt at several hashes.
type hashRecords []hashRecord

// hashRecord is what is known of one hash of an attempt, in hex.
type hashRecord struct {
	hash      string
	signature string // SHA-256 of its signature or timestamp token; "" = none was made
}

// Each gives the records that stand for the attempt: one for each hash that was to be signed, else
// the record itself.
func (r *Record) Each() []*Record {
	if r.hashes == nil {
		return []*Record{r}
	}
	each := make([]*Record, len(*r.hashes))
	for i, of := range *r.hashes {
		one := *r
		one.Hash, one.SignedDigest, one.hashes = of.hash, "", nil
		if r.Outcome == Signed {
			one.SignedDigest = of.signature
		}
		each[i] = &one
	}
	return each
}

// By records the caller, once verified.
func (r *Record) By(p Principal) {
	r.Caller = Caller{TenantID: p.TenantID, ObjectID: p.ObjectID, ClientID: p.ClientID}
}

// Finish sets outcome, code and duration from the error that ended the attempt, or nil.
func (r *Record) Finish(err error, now time.Time) {
	r.Duration = now.Sub(r.Time)
	r.Outcome, r.Code = Signed, ""
	if err == nil {
		if r.Action == Generate && r.CertificateFingerprint == "" {
			r.Outcome = Made
		}
		return
	}
	typed := AsError(err)
	r.Code, r.Outcome = typed.Code, Refused
	switch typed.Kind {
	case Internal, Unavailable, DeadlineExceeded:
		r.Outcome = Failed
	}
}
