// Package seedvalue applies the seed values of a signature field (ISO 32000-2, 12.7.5.5, tables 237
// to 239) to the options of a signature. Seed values are the constraints that the author of the
// form sets for a signature in the field.
//
// It must never weaken a caller's options: a constraint either chooses an option that the caller
// left open, or refuses the signature.
//
// Read seedvalue.go first, then signercertificate.go (constraints on the signer's certificate).
package seedvalue
