// Package signing is the heart of Influxion: who asks (Principal), for what (Request), with which
// Certificate, by which Policy, and what the audit log says about it (Record). It signs documents with
// package pades and knows neither HTTP nor Azure: the edges bring the verified caller and the
// certificate.
//
// It must never log or return a private key, a document or an access token, nor return a signed
// document that it has not verified.
//
// Read sealer.go first, then policy.go and selfcheck.go.
package signing
