// Package entratest is a small real Entra ID: discovery, key sets, the pages of sign-in and
// consent, authorization codes with PKCE, device codes, refresh tokens, client secrets, client
// assertions, federated credentials and the App Service endpoint of managed identities. It speaks
// HTTP, signs by RS256 with keys made at run time, which roll over on demand, and fails on demand.
// What OAuth 2.0 leaves open is as in Entra ID, down to the AADSTS codes: RFC 6749, 7523, 7636,
// 8628, 9700.
//
// It is for tests and for the local Azure. It makes tokens for whoever asks, so it must never be
// linked into the handler, which trusts them. It needs no network and no testing.TB.
//
// Read entraserver.go first (the routes), then grant.go (tokens) and authorize.go (pages).
package entratest
