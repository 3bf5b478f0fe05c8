// Package rate limits what each caller may ask of one instance in a minute, in requests and in
// bytes of request bodies, and tells callers what is left of it:
// draft-ietf-httpapi-ratelimit-headers-10, "RateLimit header fields for HTTP", of the IETF.
//
// It is a floor below a gateway such as API Management: each instance counts for itself. It must
// never take memory without bound, whoever calls. Read limiter.go first, then usage.go.
package rate
