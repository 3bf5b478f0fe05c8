// Package pades defines the vocabulary of signed PDF documents: document, level, option, increment,
// error, verdict and report. Its subpackages do the work, and import one way:
//
//	pdf cms revocation appearance    syntax, each by its standard; they know nothing of pades
//	pades                            the vocabulary
//	form                             fields, and what signatures allow
//	diff                             what a later revision changed
//	chain                            paths, revocation status, proofs of existence
//	verify sign                      the two verbs
//
// The package must never know HTTP, Azure or the environment, and neither may those below. All of
// them read hostile files within bounds, and none logs. The standards are ETSI EN 319 142-1
// (PAdES), ETSI EN 319 102-1 (verification) and ISO 32000-2 (PDF).
//
// Read report.go and options.go first, then the packages verify and sign.
package pades
