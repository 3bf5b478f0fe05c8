// Package csc implements the API of the Cloud Signature Consortium ("Architectures and protocols
// for remote signature applications", versions 1.0.4 and 2), as far as it is about signing hashes.
// It turns request bodies into calls of signing.HashSigner, and their outcomes into answers. Both
// paths accept the names of both versions, because clients mix them.
//
// It must never sign what the caller's token and role do not allow, whatever signature activation
// data (SAD) a request has. It must never keep state between requests, and never read a body beyond
// MaxBodyBytes.
//
// Read service.go first, then body.go and sad.go.
package csc
