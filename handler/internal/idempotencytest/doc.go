// Package idempotencytest holds every implementation of idempotency.Store to one contract, and has
// one in memory for tests.
package idempotencytest
