// Package entratest is a small real Entra ID: discovery, key sets, the pages of sign-in and
// consent, authorization codes with PKCE, device codes, refresh tokens, client secrets, client
// assertions, federated credentials and the App Service endpoint of managed identities. It speaks
// HTTP and signs with RS256. It makes its keys at run time, and rolls them over and fails on
// demand. It follows RFC 6749, 7523, 7636, 8628 and 9700. Where OAuth 2.0 leaves a choice, it
// behaves as Entra ID does, including the AADSTS codes.
//
// It is for tests and for the local Azure. It makes tokens for whoever asks, so it must never be
// linked into the handler, which trusts them. It needs no network and no testing.TB.
//
// Read entraserver.go first (the routes), then grant.go (tokens) and authorize.go (pages).
package entratest
