// Package idempotency defines what is kept of requests that carry an Idempotency-Key, so that a
// caller who did not get the answer can ask again and nothing is done twice. It follows
// draft-ietf-httpapi-idempotency-key-header-07.
//
// Entries must never be kept in the memory of one process, where other instances do not find them.
// Package storage implements Store; package server asks it. All of it is in store.go.
package idempotency
