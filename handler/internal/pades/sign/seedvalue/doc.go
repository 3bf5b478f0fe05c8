// Package seedvalue applies the seed values of a signature field (ISO 32000-2, 12.7.5.5, tables 237
// to 239) to what is to be signed: what whoever made the form asks of a signature in it.
//
// It must never loosen what a caller asked for: a constraint either chooses what was left open, or
// refuses.
//
// Read seedvalue.go first, then signercertificate.go (what is asked of the signer's certificate).
package seedvalue
