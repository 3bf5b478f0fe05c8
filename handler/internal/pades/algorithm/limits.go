package algorithm

// Bounds of the keys that are evaluated: what crypto/rsa and FIPS 186-5 have, and where a hostile
// certificate would begin to cost real time. A key beyond them is NotEvaluated.
const (
	minRSA      = 1024 // bits of the modulus
	maxRSA      = 8192
	maxExponent = 256 // bits: FIPS 186-5, section 5.1
	maxDSA      = 4096
	maxDSAOrder = 512
	maxInteger  = 4096 // bytes of one number in a key, before it is read

	minGoodRSA   = 2048 // ETSI TS 119 312
	minGoodCurve = 256
)
