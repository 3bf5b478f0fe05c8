package signing

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"regexp"
	"time"
)

// Certificate is an organisation's signing certificate with its key, as in tls.Certificate: the
// leaf first, then its issuers. A Certificate is immutable once made and safe for concurrent use.
type Certificate struct {
	Name    string // object name in the vault
	Version string // version in the vault
	Chain   []*x509.Certificate
	// Key matches the leaf; it is never logged, written or returned. It may be a RemoteKey: to sign
	// for a caller, ask Signer for it.
	Key crypto.Signer
	// Until is when the certificate can be used no more: the end of the leaf's validity, or of the
	// vault's own if that is earlier; zero = the leaf's.
	Until time.Time
	// Successor is a newer version in the vault that does not sign yet; nil = there is none.
	Successor *Successor
}

// Successor is a version of a certificate that is current in the vault but may not sign yet.
type Successor struct {
	Version string
	// why, in one word such as not_valid_yet or chain_incomplete: part of the API's contract
	Reason string
}

// DaysLeft is how many more whole days the certificate can be used; 0 on its last day.
func (c *Certificate) DaysLeft(now time.Time) int {
	end := c.Until
	if end.IsZero() {
		end = c.Leaf().NotAfter
	}
	return max(0, int(end.Sub(now)/(24*time.Hour)))
}

// RemoteKey is a private key that lies elsewhere, so that each signature is a call over a network.
// Its own Sign has only a default deadline.
type RemoteKey interface {
	crypto.Signer
	// WithContext gives the same key for the time of one request: its calls end with ctx. Its
	// errors are *Error.
	WithContext(ctx context.Context) crypto.Signer
}

// Signer is the certificate's private key for one request. Where the key lies elsewhere, its calls
// end with ctx, and each signature has been verified with the leaf's public key; ECDSA signatures
// are DER, as those of every crypto.Signer.
func (c *Certificate) Signer(ctx context.Context) crypto.Signer {
	if remote, ok := c.Key.(RemoteKey); ok {
		return remote.WithContext(ctx)
	}
	return c.Key
}

// Leaf is the signer's own certificate.
func (c *Certificate) Leaf() *x509.Certificate { return c.Chain[0] }

// Fingerprint is the lower-case hex SHA-256 of the leaf's DER.
func (c *Certificate) Fingerprint() string {
	sum := sha256.Sum256(c.Leaf().Raw)
	return hex.EncodeToString(sum[:])
}

// CertificateSource finds certificates by name. An empty version asks for the current one. Its
// errors are *Error: NotFound (code certificate_not_found) for a name or version that is unknown,
// disabled, or not fit for signing; Unavailable if the source does not answer or refuses us.
type CertificateSource interface {
	Certificate(ctx context.Context, name, version string) (*Certificate, error)
	// Names lists what the source holds, for a Policy that has no list of its own.
	Names(ctx context.Context) ([]string, error)
}

// maxCertificateName is the length of the longest name. The regular expression does not contain it,
// because a counted repetition is compiled as many times as it counts, at each start of the
// program.
const maxCertificateName = 127

// Vault object names and versions, see "Vault name and Object name" in the Key Vault documentation.
var (
	certificateName    = regexp.MustCompile(`^[0-9A-Za-z-]+$`)
	certificateVersion = regexp.MustCompile(`^[0-9A-Fa-f]{32}$`)
)

// ValidCertificateName tells whether a name can exist in a vault. No other name is ever sent to
// one.
func ValidCertificateName(name string) bool {
	return len(name) <= maxCertificateName && certificateName.MatchString(name)
}

// ValidCertificateVersion tells whether a version can exist in a vault: 32 hexadecimal digits.
func ValidCertificateVersion(version string) bool { return certificateVersion.MatchString(version) }

// CertificateNotFound is the same answer for a certificate that does not exist, that may not be
// used, or that is not fit for signing: a caller cannot tell them apart. The cause goes to the log.
func CertificateNotFound(cause error) *Error {
	return &Error{
		Kind: NotFound, Code: "certificate_not_found",
		Detail: "no certificate of this name and version can be used by this caller",
		Err:    cause,
	}
}
