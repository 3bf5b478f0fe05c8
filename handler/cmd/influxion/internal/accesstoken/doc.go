// Package accesstoken reads the claims of an access token, for a person who asks what is in it.
//
// It must never be used to trust a token: it verifies no signature. Only the API that a token is for
// may do that. Source: RFC 7519. Read token.go.
package accesstoken
