package client

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// Report is what Influxion found in a document, complete enough to be filed.
type Report struct {
	Document     DocumentIdentity `json:"document"`
	VerifiedAt   time.Time        `json:"verified_at"`
	Verifier     string           `json:"verifier"`      // program and version
	TrustAnchors []string         `json:"trust_anchors"` // SHA-256 fingerprints of the anchors that were configured, lower-case hex
	Limits       map[string]int64 `json:"limits"`        // of the verifier, by name
	Verdict      Verdict          `json:"verdict"`
	Summary      Summary          `json:"summary"`
	Revisions    []Revision       `json:"revisions"`  // oldest first, from the first that a signature covers
	Signatures   []Signature      `json:"signatures"` // in the order of their revisions
	Unjudged     []Unjudged       `json:"unjudged"`   // what looks like a signature and is not judged
}

// DocumentIdentity says which document a report is about.
type DocumentIdentity struct {
	Name   string `json:"name"`   // as the caller gave it; "" = not given
	SHA256 string `json:"sha256"` // lower-case hex
	Size   int64  `json:"size"`   // bytes
}

// Verdict is the result for a document: the worst result of its signatures.
type Verdict struct {
	Indication string `json:"indication"` // as of a Signature; "" for a document without signatures
	Detail     string `json:"detail"`     // the first line for a person
}

// Unjudged is something in the file that looks like a signature, but that Influxion does not judge.
type Unjudged struct {
	Object int    `json:"object"` // its number; 0 = not known
	Offset int64  `json:"offset"` // in the file; 0 = it lies within an object stream
	Detail string `json:"detail"` // why it is not judged
}

// Summary counts signatures by indication.
type Summary struct {
	Total         int `json:"total"`
	Passed        int `json:"passed"`
	Indeterminate int `json:"indeterminate"`
	Failed        int `json:"failed"`
}

// Signature is the finding for one signature. ETSI EN 319 102-1 defines the indications.
type Signature struct {
	Kind               string    `json:"kind"` // signature or document_timestamp
	Field              string    `json:"field"`
	SubFilter          string    `json:"sub_filter"`
	Level              string    `json:"level"`
	Certification      int       `json:"certification"` // P of a certification signature; 0 = none
	Indication         string    `json:"indication"`    // TOTAL-PASSED, INDETERMINATE or TOTAL-FAILED
	SubIndication      string    `json:"sub_indication"`
	Detail             string    `json:"detail"`
	Integrity          string    `json:"integrity"` // intact, broken or not_evaluated: the bytes that it covers, and its value
	IntegrityDetail    string    `json:"integrity_detail"`
	Trust              string    `json:"trust"` // trusted, not_trusted, indeterminate or not_evaluated: the signer's certificate
	TrustDetail        string    `json:"trust_detail"`
	Remarks            []string  `json:"remarks"`      // deviations that do not change the verdict
	ClaimedTime        time.Time `json:"claimed_time"` // no proof
	Reason             string    `json:"reason"`
	Location           string    `json:"location"`
	ContactInfo        string    `json:"contact_info"`
	Name               string    `json:"name"`
	DigestAlgorithm    string    `json:"digest_algorithm"`
	SignatureAlgorithm string    `json:"signature_algorithm"`
	Signer             *Signer   `json:"signer"` // nil = not found

	BestSignatureTime time.Time   `json:"best_signature_time"` // the earliest proved; the time of verification without a proof; zero = not intact
	Chain             []Link      `json:"chain"`               // from the signer to the trust anchor
	Timestamps        []Timestamp `json:"timestamps"`

	ByteRange           []int64 `json:"byte_range"`
	CoversWholeDocument *bool   `json:"covers_whole_document"` // nil = not established
	Revision            int     `json:"revision"`              // number of the revision that it covers; 0 = not established
	ChangesAfter        string  `json:"changes_after"`         // none, dss, metadata, signature, form_filling, annotation, other or not_evaluated
	ForbiddenRevisions  []int   `json:"forbidden_revisions"`   // numbers of later revisions that it does not allow
}

// Link is one certificate of a chain, with its revocation status.
type Link struct {
	Signer
	Anchor     bool        `json:"anchor"`
	Revocation *Revocation `json:"revocation"` // nil for an anchor
}

// Revocation is the revocation status of a certificate.
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

// Revision is the document after one incremental update, and what the update changed.
type Revision struct {
	Number int        `json:"number"` // from 1
	End    int64      `json:"end"`    // offset behind its last byte
	Change string     `json:"change"` // as ChangesAfter; "" for the first
	Fields []string   `json:"fields"` // that were filled, signed or added; of many, the first
	Added  []Addition `json:"added"`  // what it draws over the earlier pages
	Detail string     `json:"detail"`
}

// Addition is an annotation or a field's appearance that a later revision draws.
type Addition struct {
	Page int        `json:"page"` // from 1; 0 = on no page
	Kind string     `json:"kind"` // /Subtype of the annotation
	Box  [4]float64 `json:"box"`  // in points: left, bottom, right, top
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

// Verify returns a report on the signatures of a document. A signature that does not verify is a
// finding, not an error. If the document has a method Name() string, as a *File does, the report
// contains that name.
func (c *Client) Verify(ctx context.Context, document Document) (*Report, error) {
	report := &Report{}
	if err := c.fetch(ctx, verification(document, mediaJSON), report); err != nil {
		return nil, err
	}
	return report, nil
}

// verification is a verify call for the document, with its name if it has one.
func verification(document Document, accept string) call {
	query := url.Values{}
	if named, ok := document.(interface{ Name() string }); ok && named.Name() != "" {
		query.Set("name", acceptable(named.Name()))
	}
	return call{method: http.MethodPost, path: "verify", accept: accept, document: document, mediaType: mediaPDF,
		query: query}
}

// maxName bounds the name of a document in a report, in characters.
const maxName = 255

// acceptable turns any file name into one that the service takes: UTF-8 without control characters,
// and not too long.
func acceptable(name string) string {
	clean := []rune(strings.ToValidUTF8(name, "\uFFFD"))
	for i, r := range clean {
		if unicode.IsControl(r) {
			clean[i] = '\uFFFD'
		}
	}
	return string(clean[:min(len(clean), maxName)])
}

// VerifyText is Verify, but returns the report as plain text for people, in English and UTF-8.
func (c *Client) VerifyText(ctx context.Context, document Document) ([]byte, error) {
	return c.readable(ctx, document, mediaText)
}

// VerifyHTML is Verify, but returns the report as a web page for people, in English. The page loads
// nothing and runs no scripts.
func (c *Client) VerifyHTML(ctx context.Context, document Document) ([]byte, error) {
	return c.readable(ctx, document, mediaHTML)
}

// Seal says how to seal a report in PDF. For each empty field, the deployment's default applies.
type Seal struct {
	Certificate string // name of the signing certificate
	Level       string // B-B, B-T, B-LT or B-LTA
}

// VerifyPDF is Verify, but returns the report as a PDF/A-3b document with the JSON report attached.
// If seal is not nil, the service seals that document, and the caller needs the right to sign. A
// deployment without a renderer answers with the code renderer_missing.
func (c *Client) VerifyPDF(ctx context.Context, document Document, seal *Seal) (*Signed, error) {
	call := verification(document, mediaPDF)
	if seal != nil {
		call.query.Set("seal", "true")
		for name, value := range map[string]string{"certificate": seal.Certificate, "level": seal.Level} {
			if value != "" {
				call.query.Set(name, value)
			}
		}
	}
	response, err := c.do(ctx, call)
	if err != nil {
		return nil, err
	}
	if got, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || got != mediaPDF {
		response.Body.Close()
		return nil, fmt.Errorf("got an answer of type %q, want %s", response.Header.Get("Content-Type"), mediaPDF)
	}
	return newSigned(response), nil
}

func (c *Client) readable(ctx context.Context, document Document, media string) ([]byte, error) {
	response, err := c.do(ctx, verification(document, media))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if got, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || got != media {
		return nil, fmt.Errorf("got an answer of type %q, want %s", response.Header.Get("Content-Type"), media)
	}
	return readBounded(response.Body, maxAnswer)
}
