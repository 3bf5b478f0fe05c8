package csc

import "net/http"

// Error is the body of every error: version 1.0.4, section 10.1, which takes its form from RFC
// 6749.
type Error struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// NewError makes the body for a status and a sentence that the caller may read.
func NewError(status int, detail string) Error {
	name := "invalid_request"
	switch status {
	case http.StatusUnauthorized:
		name = "invalid_token" // RFC 6750, section 3.1
	case http.StatusForbidden:
		name = "access_denied"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		name = "temporarily_unavailable"
	default:
		if status >= http.StatusInternalServerError {
			name = "server_error"
		}
	}
	return Error{name, detail}
}
