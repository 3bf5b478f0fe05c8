// Package ber reads the structure of CMS messages and certificates in BER (ITU-T X.690), which
// producers also write where the standards demand DER.
//
// It finds elements and their ends, and does not interpret them. It must never follow a length
// beyond its input, nor nest deeper than the caller permits. Its callers read as DER everything
// that identifies something or is signed, after Definite where necessary. Read element.go and
// cursor.go first.
package ber
