// Package blobtest is a small Azure Blob Storage for tests and for the local Azure: append blobs of
// one container (Put Blob, Append Block, Get Blob with ranges, properties, List Blobs), with access
// tokens, with an immutability policy, and with faults on demand. Blobs live in memory. It must
// never be linked into the handler. Read server.go first, then blob.go.
package blobtest
