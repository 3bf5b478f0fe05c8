// Package idempotencytest checks every implementation of idempotency.Store against one contract,
// and has an implementation in memory for tests. It must never be linked into the handler.
//
// Read first: contract.go.
package idempotencytest
