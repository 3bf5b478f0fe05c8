package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/csc"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// cscPath is the path of the API of the Cloud Signature Consortium.
const cscPath = "/api/csc"

// isCSC reports whether a path is cscPath or below it, in any case, as the Functions host reads
// paths. Errors have the form of that API there, also where no route is: its clients know no other.
func isCSC(path string) bool {
	return len(path) >= len(cscPath) && strings.EqualFold(path[:len(cscPath)], cscPath) &&
		(len(path) == len(cscPath) || path[len(cscPath)] == '/')
}

// cscCall is one method of the API of the Cloud Signature Consortium.
type cscCall func(s *csc.Service, ctx context.Context, c csc.Call) (any, error)

// cscRoutes are those of hash signing. Both versions have the same paths below theirs.
func cscRoutes() []Route {
	route := func(function, path string, action signing.Action, call cscCall) Route {
		return Route{Function: function, Method: http.MethodPost, Path: cscPath + "/{version}/" + path, Action: action,
			Traits:   Traits{Idempotent: action != ""},
			Deadline: 60 * time.Second, Accepts: []string{mediaJSON}, MaxBody: csc.MaxBodyBytes,
			Produces: []string{mediaJSON}, csc: true, endpoint: cscEndpoint(call)}
	}
	info := route("CscInfo", "info", "", (*csc.Service).Info)
	info.Anonymous = true // version 1.0.4, section 11.1
	return []Route{
		info,
		route("CscCredentialsList", "credentials/list", "", (*csc.Service).CredentialsList),
		route("CscCredentialsInfo", "credentials/info", "", (*csc.Service).CredentialInfo),
		route("CscCredentialsAuthorize", "credentials/authorize", "", (*csc.Service).Authorize),
		route("CscSignHash", "signatures/signHash", signing.SignHash, (*csc.Service).SignHash),
		route("CscTimestamp", "signatures/timestamp", signing.TimestampHash, (*csc.Service).Timestamp),
	}
}

// cscEndpoint is the endpoint of a method.
func cscEndpoint(call cscCall) endpoint {
	return func(s *Server, ctx context.Context, x *exchange) (*answer.Answer, error) {
		if _, err := request.Query(x.request.URL.RawQuery); err != nil {
			return nil, err
		}
		if _, err := negotiate(x.request.Header, x.route.Produces); err != nil {
			return nil, err
		}
		c := csc.Call{Version: x.name, Principal: x.principal, Record: &x.record,
			Count: func() error { return s.countDocument(x) }}
		var err error
		if !x.route.Anonymous {
			if c.AccessToken, err = accessToken(x.request.Header); err != nil {
				return nil, err
			}
		}
		if c.Body, err = x.in.ReadJSON(); err != nil {
			return nil, err
		}
		x.timing.mark(phaseBody, s.config.Now())
		if err := s.beginHashes(ctx, x, c.Body); err != nil {
			return nil, err
		}
		content, err := call(s.csc, ctx, c)
		if err != nil {
			return nil, err
		}
		return answer.JSON(http.StatusOK, content)
	}
}
