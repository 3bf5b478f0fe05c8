// Package idempotency says what is kept of requests that carry an Idempotency-Key, so that a caller
// who did not get the answer can ask again and nothing is done twice. It follows
// draft-ietf-httpapi-idempotency-key-header-07.
//
// What is kept must be shared by all instances: memory of one process would promise what it cannot
// keep. Package storage implements Store; package server asks it.
package idempotency
