package cms

import "influxion/handler/internal/pades/certificate"

// Bounds of what is read. They hold for the outside bytes before anything is allocated for them. What
// is beyond them is LimitExceeded: no verdict about the signature.
const (
	MaxSize        = 1 << 20             // bytes of one CMS element
	MaxCertificate = certificate.MaxSize // bytes of a certificate

	maxCertificates = 100
	maxFits         = 16 // different certificates that fit one signer identifier; what comes behind is not looked at
	maxDigests      = 8
	maxAttributes   = 64
	maxValues       = 32
	maxOID          = 64  // bytes; object identifiers end up in reports
	maxInteger      = 64  // bytes of the serial number of a token, or of a nonce
	maxSerial       = 256 // bytes of the serial number of a certificate
	maxRevocations  = 100

	// Bytes of the certificates that a Reader keeps parsed: crypto/x509 takes a multiple of them.
	maxKept = 256 << 10
)
