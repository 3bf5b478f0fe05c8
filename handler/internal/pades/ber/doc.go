// Package ber reads the frames of CMS messages and certificates, which producers write in BER where
// the standards have it and where they have not: ITU-T X.690.
//
// It finds elements and their ends and never says what they mean. It must never follow a length
// beyond its input, nor nest deeper than it is told. Everything that identifies or is signed is
// read as DER by others, after Definite where it has to be. Read element.go and cursor.go.
package ber
