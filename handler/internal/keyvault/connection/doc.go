// Package connection reaches Azure Key Vault: the identity of this program (azidentity), the bounds
// of requests and answers, and what an error of either means, in our own words.
//
// It must never send an access token to another host than the vault, follow a redirect, or pass on
// the texts of Azure services, because they name the vault, the tenant and the identity. It does no
// network I/O of its own accord.
//
// Read credential.go first (who we are), refused.go (tokens that a service refuses), then
// transport.go (what may be asked, and how much may come) and cause.go.
package connection
