// Package entra turns an access token of Microsoft Entra ID into a signing.Principal, or refuses
// it.
//
// Access tokens are OAuth 2.0 bearer tokens (RFC 6750) in the form of signed JWTs (RFC 7515, RFC
// 7519), in Entra ID's versions 1.0 and 2.0. go-oidc verifies them. Before it sees a token, this
// package reads it as strictly as RFC 8725 asks, and checks what go-oidc does not: tenant,
// audiences, version, scopes and roles. The keys come from the tenant's OpenID Connect discovery
// document, and from nowhere else.
//
// It must never log or return a token or a part of one, never tell a caller which check refused
// it, never take an ID token for an access token, never ask the authority more often because
// someone sends bad tokens, and never call a token bad while it cannot know the current keys.
//
// Read authenticator.go first: Authenticate names each step. keyring.go decides when keys are
// fetched and how long they serve; verifiedtokens.go is the cache of tokens seen before.
package entra
