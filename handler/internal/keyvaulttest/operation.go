package keyvaulttest

import (
	"net/http"
	"slices"
	"strings"
)

// The collections of the API.
const (
	secrets      = "secrets"
	certificates = "certificates"
	keys         = "keys"
)

var collections = []string{secrets, certificates, keys}

// Operation is the operation that a request asks for.
type Operation string

// The operations.
const (
	GetSecret        Operation = "get secret"
	ListSecrets      Operation = "list secrets" // and versions of secrets
	GetCertificate   Operation = "get certificate"
	ListCertificates Operation = "list certificates"
	GetKey           Operation = "get key"
	ListKeys         Operation = "list keys"
	Sign             Operation = "sign"
)

// Grant is the right to an operation on the object Name, or on every object if Name is empty.
type Grant struct {
	Operation Operation
	Name      string
}

// SetGrants limits the rights to these, as roles on single objects do. Without grants every right
// is given.
func (v *Vault) SetGrants(grants ...Grant) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.grants = slices.Clone(grants)
}

func (v *Vault) granted(r *http.Request) bool {
	operation, name := operationOf(r)
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.grants) == 0 || slices.ContainsFunc(v.grants, func(g Grant) bool {
		return g.Operation == operation && (g.Name == "" || strings.EqualFold(g.Name, name))
	})
}

// operationOf returns the operation of a request and the name of its object; "" for a list of all
// objects.
func operationOf(r *http.Request) (Operation, string) {
	path := segments(r)
	name := ""
	if len(path) > 1 {
		name = path[1]
	}
	lists := len(path) == 1 || len(path) == 3 && path[2] == "versions"
	switch {
	case path[0] == keys && len(path) == 4:
		return Sign, name
	case path[0] == keys && lists:
		return ListKeys, name
	case path[0] == keys:
		return GetKey, name
	case path[0] == certificates && lists:
		return ListCertificates, name
	case path[0] == certificates:
		return GetCertificate, name
	case lists:
		return ListSecrets, name
	}
	return GetSecret, name
}
