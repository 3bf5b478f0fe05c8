// Package queuetest is a small Azure Queue Storage for tests and for the local Azure: Put Message,
// Get Messages with a visibility timeout, Update Message, Delete Message and Get Queue Metadata,
// with access tokens, and with faults on demand. Messages live in memory. The contract tests of
// package storage also run against Azurite, so the two must agree. It must never be linked into the
// handler. Read queueserver.go first, then message.go.
package queuetest
