package algorithm

// Bounds of the keys that are evaluated: those of crypto/rsa and FIPS 186-5, and sizes above which
// a hostile certificate would take much time. A larger key is NotEvaluated.
const (
	minRSA      = 1024 // bits of the modulus
	maxRSA      = 8192
	maxExponent = 256 // bits: FIPS 186-5, section 5.1
	maxDSA      = 4096
	maxDSAOrder = 512
	maxInteger  = 4096 // bytes of one number in a key, before it is read

	maxOID  = 64         // bytes of an object identifier, which is shown in reports
	maxSalt = maxRSA / 8 // bytes of a salt: more than the largest modulus can encode

	minGoodRSA   = 2048 // ETSI TS 119 312
	minGoodCurve = 256
)
