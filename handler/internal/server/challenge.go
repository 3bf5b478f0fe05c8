package server

import (
	"errors"
	"net/http"
	"strings"

	"influxion/handler/internal/signing"
)

// maxTokenBytes is far above any token of Entra ID, and small enough that parsing a hostile one
// costs little. Package entra has a limit of its own: neither package relies on the other's.
const maxTokenBytes = 16 << 10

const (
	codeTokenMissing = "token_missing"
	codeInvalidToken = "invalid_token"
)

// accessToken takes the token from the Authorization header, the only place where it is looked for:
// a query or a form ends up in logs, so a token there is an unknown option.
func accessToken(header http.Header) (string, error) {
	values := header.Values("Authorization")
	if len(values) > 1 {
		// RFC 6750, section 3.1: more than one method of sending a token is invalid_request.
		// Choosing one of two would let a proxy and this server disagree about the caller.
		return "", &signing.Error{Kind: signing.InvalidRequest, Code: "invalid_request",
			Detail: "more than one Authorization header"}
	}
	if len(values) == 0 || !strings.EqualFold(scheme(values[0]), "bearer") {
		return "", &signing.Error{Kind: signing.Unauthenticated, Code: codeTokenMissing,
			Detail: "this route needs an access token: Authorization: Bearer"}
	}
	if len(values[0]) > maxTokenBytes {
		return "", invalidToken(errors.New("access token too long"))
	}
	token := strings.TrimLeft(values[0][len("bearer"):], " ")
	if !isB64Token(token) {
		return "", invalidToken(errors.New("not a b64token"))
	}
	return token, nil
}

// b64Token are the characters of a b64token but the padding: RFC 6750, section 2.1.
const b64Token = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"

// isB64Token says whether a text is a b64token.
func isB64Token(text string) bool {
	padding := strings.TrimLeft(text, b64Token)
	return len(padding) < len(text) && strings.Trim(padding, "=") == ""
}

func scheme(credentials string) string {
	name, _, _ := strings.Cut(credentials, " ")
	return name
}

// invalidToken is the answer to every token that does not verify. Only the log says which check
// failed.
func invalidToken(cause error) *signing.Error {
	return &signing.Error{Kind: signing.Unauthenticated, Code: codeInvalidToken,
		Detail: "the access token is not valid for this API", Err: cause}
}

// authenticationError gives an Authenticator's error the form that a caller may see.
func authenticationError(err error) error {
	if signing.AsError(err).Kind == signing.Unauthenticated {
		return invalidToken(err)
	}
	return err
}

// header is the WWW-Authenticate value for an error; "" = none. RFC 6750, section 3.1: the answer
// to a request without a token has no error code; it names the authority that issues tokens.
func (c Challenge) header(err *signing.Error, authentication bool) string {
	switch {
	case err.Kind == signing.Unauthenticated && err.Code == codeTokenMissing:
		return "Bearer " + parameters("realm", "influxion", "authorization_uri", c.AuthorizationURI)
	case err.Kind == signing.Unauthenticated:
		return "Bearer " + parameters("realm", "influxion", "authorization_uri", c.AuthorizationURI,
			"error", "invalid_token", "error_description", err.Detail)
	case err.Kind == signing.PermissionDenied:
		return "Bearer " + parameters("realm", "influxion", "error", "insufficient_scope", "scope", c.Scope)
	case authentication && err.Kind == signing.InvalidRequest:
		return "Bearer " + parameters("realm", "influxion", "error", "invalid_request")
	}
	return ""
}

// parameters writes pairs as auth-params with quoted strings (RFC 9110, section 11.2), leaving out
// empty ones.
func parameters(pairs ...string) string {
	var list []string
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			list = append(list, pairs[i]+`="`+quote.Replace(pairs[i+1])+`"`)
		}
	}
	return strings.Join(list, ", ")
}
