package signing

// Principal is the verified caller, as the access token names it. People are identified by TenantID and ObjectID, client
// applications by ClientID; names and e-mail addresses in a token are mutable and therefore absent here.
type Principal struct {
	TenantID string   // tid
	ObjectID string   // oid: the user, or the client's service principal
	ClientID string   // azp (v2.0) or appid (v1.0): the client application
	Scopes   []string // scp: delegated scopes; empty for an app-only caller
	Roles    []string // roles: app roles
}
