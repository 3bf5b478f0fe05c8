package server

import (
	"context"
	"net/http"

	"influxion/handler/internal/pades"
)

// summary counts a report's signatures by their indication.
type summary struct {
	Total         int `json:"total"`
	Passed        int `json:"passed"`
	Indeterminate int `json:"indeterminate"`
	Failed        int `json:"failed"`
}

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
	signatures := append([]pades.Signature{}, report.Signatures...) // never null
	switch media {
	case mediaHTML:
		return htmlReport(signatures)
	case mediaText:
		return textReport(signatures)
	}
	return jsonAnswer(http.StatusOK, struct {
		Summary    summary           `json:"summary"`
		Signatures []pades.Signature `json:"signatures"`
	}{summarize(signatures), signatures})
}

func summarize(signatures []pades.Signature) summary {
	counts := summary{Total: len(signatures)}
	for _, signature := range signatures {
		switch signature.Indication {
		case pades.TotalPassed:
			counts.Passed++
		case pades.TotalFailed:
			counts.Failed++
		default:
			counts.Indeterminate++
		}
	}
	return counts
}
