package certificate

// MaxSize bounds a certificate in bytes: crypto/x509 can take forty times as much memory.
const MaxSize = 64 << 10

// Bounds of reading a certificate that crypto/x509 refuses. Data beyond them are left out.
const (
	maxExtensions = 64
	maxAttributes = 100  // of a name
	maxSubtrees   = 64   // of names, of one kind
	maxNames      = 64   // that are compared with subtrees
	maxEntries    = 64   // key purposes, or addresses of one kind
	maxSerial     = 256  // bytes
	maxReason     = 200  // characters
	maxTime       = 64   // bytes of a date
	maxText       = 4096 // bytes of the text of a name
	maxOID        = 64   // bytes of an object identifier
)
