// Package csc is the API of the Cloud Signature Consortium ("Architectures and protocols for
// remote signature applications", versions 1.0.4 and 2) as far as it is about signing hashes: it
// turns request bodies into calls of signing.HashSigner and their outcomes into answers. Both
// versions' names are understood under both paths, since clients mix them.
//
// It must never sign what its caller's token and role do not allow, whatever signature activation
// data (SAD) comes with a request; never hold state between requests; and never read a body beyond
// MaxBodyBytes.
//
// Read service.go first, then body.go and sad.go.
package csc
