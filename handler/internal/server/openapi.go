package server

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"net/http"

	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/request"
)

// openapi.json describes the API: OpenAPI 3.1. A test holds it against Routes and against real
// answers.
//
//go:embed openapi.json
var openapiTemplate []byte

// versionMark is the placeholder in openapi.json for the build's version.
const versionMark = `"version": "0.0.0"`

// serverMark is the placeholder for the deployment's address. As it stands it is relative, and RFC
// 3986 resolves it against the address of the description.
const serverMark = `"url": "/"`

// openAPI is the description with the build's version and the deployment's address; "" = the
// address stays relative.
func openAPI(version, address string) []byte {
	described := fillIn(openapiTemplate, versionMark, `"version": `, version)
	if address == "" {
		return described
	}
	return fillIn(described, serverMark, `"url": `, address)
}

// fillIn puts a value in JSON in the place of a mark.
func fillIn(text []byte, mark, name, value string) []byte {
	quoted, err := json.Marshal(value)
	if err != nil {
		panic("internal error: a text that is not JSON")
	}
	return bytes.Replace(text, []byte(mark), append([]byte(name), quoted...), 1)
}

// description is GET /api/openapi.json.
func (s *Server) description(_ context.Context, x *exchange) (*answer.Answer, error) {
	if _, err := request.Query(x.request.URL.RawQuery); err != nil {
		return nil, err
	}
	return &answer.Answer{Status: http.StatusOK, MediaType: mediaJSON, Body: answer.Bytes(s.openapi)}, nil
}
