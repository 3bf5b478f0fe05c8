// Package ber reads the structure of CMS messages and certificates in BER (ITU-T X.690), which
// producers also write where the standards demand DER.
//
// It finds elements and their ends, and does not interpret them. It must never follow a length
// beyond its input, nor nest deeper than the caller permits. Callers must read everything that is
// signed or identifies something as DER, after Definite if necessary.
//
// Read first: element.go and cursor.go.
package ber
