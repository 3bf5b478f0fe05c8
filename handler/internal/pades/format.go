package pades

// Formats of signatures (ISO 32000-2, table 260).
const (
	SubFilterPAdES     = "ETSI.CAdES.detached"
	SubFilterPKCS7     = "adbe.pkcs7.detached"
	SubFilterTimestamp = "ETSI.RFC3161"
)
