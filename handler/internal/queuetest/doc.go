// Package queuetest is a small Azure Queue Storage for tests and for the local Azure: Put Message,
// Get Messages with a visibility timeout, Update Message, Delete Message and Get Queue Metadata,
// with access tokens, and with faults on demand. Messages live in memory. What package storage
// needs of it is held against Azurite too. It must never be linked into the handler. Read
// queueserver.go first, then message.go.
package queuetest
