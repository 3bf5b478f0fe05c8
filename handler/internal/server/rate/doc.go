// Package rate limits the requests of each caller to one instance, and the bytes of their bodies,
// in one minute. It tells callers what is left in the RateLimit header fields
// (draft-ietf-httpapi-ratelimit-headers-10, "RateLimit header fields for HTTP", of the IETF).
//
// It supplements a gateway such as API Management, because each instance counts for itself. It must
// never take memory without bound, whoever calls.
//
// Read limiter.go first, then usage.go.
package rate
