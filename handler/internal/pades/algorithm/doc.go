// Package algorithm is the one home of the signature algorithms that documents, timestamps and
// revocation evidence are signed with: it reads AlgorithmIdentifiers and public keys, checks
// signature values, and says what an algorithm is called, what a check costs, and until when it
// was reliable.
//
// It must never call a signature wrong that it cannot evaluate: an unknown algorithm, parameter,
// key or curve, and everything beyond a bound of its own, is NotEvaluated. It never makes a
// signature and holds no private key.
//
// Sources: RFC 8017 (RSA), RFC 4055 and 8702 (PSS parameters, SHAKE), RFC 5480 and 5639 (elliptic
// curves), RFC 5758 (ECDSA, DSA), RFC 8410 and 8419 (EdDSA), BSI TR-03111 (plain ECDSA),
// ETSI TS 119 312 (strength). Read scheme.go and verifysignature.go first.
package algorithm
