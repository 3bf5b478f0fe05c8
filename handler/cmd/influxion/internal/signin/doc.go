// Package signin gets access tokens for the command line. It chooses the azidentity credential that
// the settings ask for, and remembers which account a person signed in with.
//
// It must never store a token itself: azidentity's cache stores tokens, with the encryption that
// the operating system offers. Standards: RFC 6749, 7636 and 8628. Read config.go first, then
// person.go.
package signin
