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

	maxOID  = 64         // bytes of an object identifier: they end up in reports
	maxSalt = maxRSA / 8 // bytes of a salt: more than the largest modulus can hold

	minGoodRSA   = 2048 // ETSI TS 119 312
	minGoodCurve = 256
)
