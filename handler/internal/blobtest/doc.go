// Package blobtest is a small Azure Blob Storage for tests and for the local Azure: the append and
// block blobs of some containers (Put Blob, Append Block, Append Blob Seal, Put Block, Put Block
// List, Delete Blob, Lease Blob, Get Blob with ranges, properties, List Blobs), with conditions,
// with access tokens, with an immutability policy, and with faults on demand. Blobs live in memory.
// The contract tests of package storage also run against Azurite, so the two must agree. It must
// never be linked into the handler. Read blobserver.go first, then blob.go and block.go.
package blobtest
