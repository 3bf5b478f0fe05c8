// Package algorithm is the only place for the signature algorithms of documents, timestamps and
// revocation evidence. It reads AlgorithmIdentifiers and public keys, and checks signature values.
// It also states the name of an algorithm, the cost of a check, and until when the algorithm was
// reliable.
//
// It must never call a signature wrong that it cannot evaluate: an unknown algorithm, parameter,
// key or curve, and everything beyond a bound of the package, is NotEvaluated. It never makes a
// signature and holds no private key.
//
// Sources: RFC 8017 (RSA), RFC 4055 and 8702 (PSS parameters, SHAKE), RFC 5480 and 5639 (elliptic
// curves), RFC 5758 (ECDSA, DSA), RFC 8410 and 8419 (EdDSA), BSI TR-03111 (plain ECDSA), ETSI TS
// 119 312 (strength). Read first: scheme.go and verifysignature.go.
package algorithm
