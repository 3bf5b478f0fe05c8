package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"

	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// generate is POST /api/generate.
func (s *Server) generate(ctx context.Context, x *exchange) (*answer.Answer, error) {
	if s.config.Renderer == nil {
		return nil, noRenderer("makes no documents")
	}
	media, err := negotiate(x.request.Header, x.route.Produces)
	if err != nil {
		return nil, err
	}
	asked, err := x.in.ReadGeneration(ctx)
	x.timing.mark(phaseBody, s.config.Now())
	if err != nil {
		return nil, err
	}
	asked.Render.Asked(&x.record.RecordedTemplate)
	if err := s.beginGenerate(ctx, x, asked); err != nil {
		return nil, err
	}
	asked.Render.Reserve = x.in.Reserve
	made, err := s.config.Renderer.Render(ctx, &asked.Render)
	if err != nil {
		return nil, err
	}
	made.Took(&x.record.RecordedTemplate)
	sealed, err := s.sealMade(ctx, x, asked, made.PDF)
	if err != nil {
		return nil, err
	}
	body := answer.SignedBody{Document: bytes.NewReader(made.PDF), Increment: sealed.Increment}
	if media == mediaJSON {
		return answer.SignedJSON(body, sealed, &x.record)
	}
	answer, err := answer.SignedPDF(body, sealed, &x.record)
	if err == nil {
		answer.Header.Set("Content-Disposition", `attachment; filename="document.pdf"`)
		answer.Header.Set("Influxion-Pages", strconv.Itoa(made.Pages))
	}
	return answer, err
}

// noRenderer is the error of a deployment without a renderer, with what follows from that.
func noRenderer(consequence string) error {
	return &statusError{http.StatusNotImplemented, nil, &signing.Error{Kind: signing.Unavailable,
		Code: "renderer_missing", Detail: "this deployment has no renderer, and " + consequence}}
}

// sealMade seals the document if that is asked for, and notes it in the record in any case.
func (s *Server) sealMade(ctx context.Context, x *exchange, asked *request.Generation, pdf []byte) (*signing.Result,
	error) {
	ask := asked.Signing
	ask.Document = bytes.NewReader(pdf)
	if asked.Sign {
		return s.config.Sealer.Seal(ctx, x.principal, ask, &x.record)
	}
	x.record.DocumentBytes, x.record.DocumentDigest = int64(len(pdf)), digest(pdf)
	x.record.SignedDigest = x.record.DocumentDigest
	return &signing.Result{PDFA: archive.Declared(asked.Render.Standard)}, nil
}

// digest is the SHA-256 of a text in hex; "" of none.
func digest(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
