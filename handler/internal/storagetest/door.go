package storagetest

import (
	"encoding/xml"
	"errors"
	"net/http"
	"strings"
)

// ErrNoRole means that the token is valid, but its holder has no role on the storage account.
var ErrNoRole = errors.New("the caller has no role in the storage account")

// Door admits requests with an access token for a service.
type Door struct {
	TenantID string // the challenge names it
	// Authorize checks whether an access token may read and write. It returns ErrNoRole if the
	// caller lacks the right, or another error. nil refuses every token.
	Authorize func(token string) error
}

// Admit reports whether a request is admitted. If not, it has answered the request.
func (d Door) Admit(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("X-Ms-Version", r.Header.Get("X-Ms-Version"))
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || d.Authorize == nil {
		d.challenge(w, "NoAuthenticationInformation")
		return false
	}
	if r.Header.Get("X-Ms-Version") == "" {
		Problem(w, http.StatusBadRequest, "MissingRequiredHeader")
		return false
	}
	switch err := d.Authorize(token); {
	case errors.Is(err, ErrNoRole):
		Problem(w, http.StatusForbidden, "AuthorizationPermissionMismatch")
	case err != nil:
		d.challenge(w, "InvalidAuthenticationInfo")
	default:
		return true
	}
	return false
}

func (d Door) challenge(w http.ResponseWriter, code string) {
	w.Header().Set("WWW-Authenticate", "Bearer authorization_uri=https://login.microsoftonline.com/"+d.TenantID+
		"/oauth2/authorize resource_id=https://storage.azure.com")
	Problem(w, http.StatusUnauthorized, code)
}

// Problem answers with an error as the real services do.
func Problem(w http.ResponseWriter, status int, code string) {
	body, _ := xml.Marshal(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: "local"})
	w.Header().Set("X-Ms-Error-Code", code)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write(append([]byte(xml.Header), body...))
}
