package server

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"net/http"

	"influxion/handler/internal/server/request"
)

// openapi.json describes the API: OpenAPI 3.1. A test holds it against Routes and against real
// answers.
//
//go:embed openapi.json
var openapiTemplate []byte

// versionMark is the placeholder in openapi.json for the build's version.
const versionMark = `"version": "0.0.0"`

// openAPI is the description with the build's version.
func openAPI(version string) []byte {
	quoted, err := json.Marshal(version)
	if err != nil {
		panic("internal error: a version that is no JSON")
	}
	return bytes.Replace(openapiTemplate, []byte(versionMark), append([]byte(`"version": `), quoted...), 1)
}

// description is GET /api/openapi.json.
func (s *Server) description(_ context.Context, x *exchange) (*answer, error) {
	if _, err := request.Query(x.request.URL.RawQuery); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, mediaType: mediaJSON, body: bytesBody(s.openapi)}, nil
}
