package entratest

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"influxion/handler/internal/guid"
)

// oauthError is an answer in the form of Entra ID: RFC 6749 section 5.2 with AADSTS codes.
type oauthError struct {
	status int
	code   string
	aadsts int
	text   string
}

func (e *oauthError) Error() string { return fmt.Sprintf("AADSTS%d: %s", e.aadsts, e.text) }

func invalid(aadsts int, text string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_request", aadsts, text}
}

func missing(parameter string) *oauthError {
	return invalid(900144, "The request body must contain the following parameter: '"+parameter+"'.")
}

func invalidScope(aadsts int, text string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_scope", aadsts, text}
}

func invalidGrant(aadsts int, text string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_grant", aadsts, text}
}

func invalidClient(aadsts int, text string) *oauthError {
	return &oauthError{http.StatusUnauthorized, "invalid_client", aadsts, text}
}

func notConsented(client Client) *oauthError {
	return invalidGrant(65001,
		fmt.Sprintf("The user or administrator has not consented to use the application with ID '%s' named '%s'. "+
			"Send an interactive authorization request for this user and resource.", client.ID, client.Name))
}

func unknownClient(id, tenant string) *oauthError {
	return &oauthError{http.StatusBadRequest, "unauthorized_client", 700016,
		fmt.Sprintf("Application with identifier '%s' was not found "+
			"in the directory '%s'. This can happen if the application has not been installed by the administrator of "+
			"the tenant or consented to "+
			"by any user in the tenant. You may have sent your authentication request to the wrong tenant.", plain(id),
			tenant)}
}

func unknownTenant(tenant string) *oauthError {
	return invalid(90002,
		fmt.Sprintf(
			"Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the "+
				"correct cloud. Check with your subscription administrator, this may happen if there are no active "+
				"subscriptions for the tenant.",
			plain(tenant)))
}

// invalidTenant is unknownTenant with the text of the discovery endpoint.
func invalidTenant(tenant string) *oauthError {
	fault := unknownTenant(tenant)
	fault.code = "invalid_tenant"
	return fault
}

// plain reduces a client's text to what is safe in a message.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), 200)]
}

// fields are the members of one answer. Each has a trace ID of its own.
func (e *oauthError) fields(r *http.Request, now time.Time) map[string]any {
	trace, correlation := guid.New(), strings.ToLower(r.Header.Get("client-request-id"))
	if !guid.Valid(correlation) {
		correlation = guid.New()
	}
	at := now.UTC().Format("2006-01-02 15:04:05Z")
	return map[string]any{
		"error": e.code,
		"error_description": fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s", e.Error(), trace,
			correlation, at),
		"error_codes":    []int{e.aadsts},
		"timestamp":      at,
		"trace_id":       trace,
		"correlation_id": correlation,
		"error_uri":      fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", e.aadsts),
	}
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, e *oauthError) {
	writeJSON(w, e.status, e.fields(r, s.config.Now()))
}
