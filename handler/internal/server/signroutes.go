package server

import (
	"context"

	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// sign is POST /api/sign.
func (s *Server) sign(ctx context.Context, x *exchange) (*answer.Answer, error) {
	return s.appendTo(ctx, x, request.SignOptions(), func(ctx context.Context, ask signing.Request) (*signing.Result,
		error) {
		return s.config.Sealer.Seal(ctx, x.principal, ask, &x.record)
	})
}

// extend is POST /api/extend.
func (s *Server) extend(ctx context.Context, x *exchange) (*answer.Answer, error) {
	return s.appendTo(ctx, x, request.ExtendOptions(), func(ctx context.Context, ask signing.Request) (*signing.Result,
		error) {
		return s.config.Extender.Extend(ctx, ask, &x.record)
	})
}

// timestamp is POST /api/timestamp.
func (s *Server) timestamp(ctx context.Context, x *exchange) (*answer.Answer, error) {
	return s.appendTo(ctx, x, request.TimestampOptions(),
		func(ctx context.Context, ask signing.Request) (*signing.Result,
			error) {
			return s.config.Extender.Timestamp(ctx, ask, &x.record)
		})
}

// appending signs, extends or timestamps the document of a request.
type appending func(context.Context, signing.Request) (*signing.Result, error)

// appendTo reads a document with its options, calls work, and answers with the document and what
// work appended.
func (s *Server) appendTo(ctx context.Context, x *exchange, known []request.Option,
	work appending) (*answer.Answer, error) {
	asked, err := x.in.Read(ctx, known)
	x.timing.mark(phaseBody, s.config.Now())
	if err != nil {
		if asked != nil {
			asked.Signing.Refused(&x.record)
		}
		return nil, err
	}
	if err := s.beginAppend(ctx, x, asked); err != nil {
		asked.Signing.Refused(&x.record)
		return nil, err
	}
	result, err := work(asked.WithPassword(ctx), asked.Signing)
	if err != nil {
		return nil, err
	}
	signed := answer.SignedBody{Document: asked.Document, Increment: result.Increment}
	if asked.JSON {
		return answer.SignedJSON(signed, result, &x.record)
	}
	return answer.SignedPDF(signed, result, &x.record)
}
