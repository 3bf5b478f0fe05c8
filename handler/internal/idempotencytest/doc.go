// Package idempotencytest holds every implementation of idempotency.Store to one contract, and has
// one in memory for tests. It must never be linked into the handler.
//
// Read first: contract.go.
package idempotencytest
