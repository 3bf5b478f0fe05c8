package pades

// Formats of signatures (ISO 32000-2, table 260).
const (
	SubFilterPAdES     = "ETSI.CAdES.detached"
	SubFilterPKCS7     = "adbe.pkcs7.detached"
	SubFilterTimestamp = "ETSI.RFC3161"
	SubFilterSHA1      = "adbe.pkcs7.sha1" // deprecated, as the next one
	SubFilterRSASHA1   = "adbe.x509.rsa_sha1"
)
