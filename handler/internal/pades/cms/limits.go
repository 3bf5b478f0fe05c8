package cms

import "influxion/handler/internal/pades/certificate"

// Limits are the bounds of this package that a verdict can name, for the report.
func Limits() map[string]int64 {
	return map[string]int64{
		"cms_bytes": MaxSize, "embedded_certificates": maxCertificates, "signer_certificates": maxFits,
		"digest_algorithms": maxDigests, "attributes": maxAttributes, "attribute_values": maxValues,
		"embedded_revocations": MaxRevocations,
	}
}

// Bounds of reading, checked before memory is allocated for outside bytes. Data beyond them give
// LimitExceeded, which is no verdict about the signature.
const (
	MaxSize        = 1 << 20             // bytes of one CMS element
	MaxCertificate = certificate.MaxSize // bytes of a certificate

	maxCertificates = 100
	maxFits         = 16 // different certificates that match one signer identifier
	maxDigests      = 8
	maxAttributes   = 64
	maxValues       = 32
	maxOID          = 64  // bytes; object identifiers are shown in reports
	maxInteger      = 64  // bytes of the serial number of a token, or of a nonce
	maxSerial       = 256 // bytes of the serial number of a certificate
	MaxRevocations  = 100 // pieces of revocation data in one signature

	// Bytes of the certificates that a Reader keeps parsed. crypto/x509 takes a multiple of them.
	maxKept = 256 << 10
)
