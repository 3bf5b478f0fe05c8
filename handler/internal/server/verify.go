package server

import (
	"context"
	"net/http"
)

// verify is POST /api/verify.
func (s *Server) verify(ctx context.Context, x *exchange) (*answer, error) {
	media, err := negotiate(x.request.Header, x.route.Produces)
	if err != nil {
		return nil, err
	}
	form, err := s.readForm(ctx, x, nil)
	if err != nil {
		return nil, err
	}
	report, err := s.verifier.Verify(ctx, x.principal, form.document)
	if err != nil {
		return nil, err
	}
	report.Document.Name = form.name
	switch media {
	case mediaHTML:
		return htmlReport(report)
	case mediaText:
		return textReport(report)
	}
	return jsonAnswer(http.StatusOK, report)
}
