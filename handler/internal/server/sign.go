package server

import (
	"context"

	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// sign is POST /api/sign.
func (s *Server) sign(ctx context.Context, x *exchange) (*answer, error) {
	return s.seal(ctx, x, request.SignOptions(), func(ctx context.Context, ask signing.Request) (*signing.Sealed, error) {
		return s.config.Sealer.Seal(ctx, x.principal, ask, &x.record)
	})
}

// extend is POST /api/extend.
func (s *Server) extend(ctx context.Context, x *exchange) (*answer, error) {
	return s.seal(ctx, x, request.ExtendOptions(), func(ctx context.Context, ask signing.Request) (*signing.Sealed, error) {
		return s.config.Extender.Extend(ctx, ask, &x.record)
	})
}

// timestamp is POST /api/timestamp.
func (s *Server) timestamp(ctx context.Context, x *exchange) (*answer, error) {
	return s.seal(ctx, x, request.TimestampOptions(), func(ctx context.Context, ask signing.Request) (*signing.Sealed, error) {
		return s.config.Extender.Timestamp(ctx, ask, &x.record)
	})
}

// appending is what is appended to the document of a request.
type appending func(context.Context, signing.Request) (*signing.Sealed, error)

// seal reads a document with its options, has something appended to it, and answers with both.
func (s *Server) seal(ctx context.Context, x *exchange, known []request.Option, seal appending) (*answer, error) {
	asked, err := x.in.Read(ctx, known)
	if err != nil {
		if asked != nil {
			asked.Signing.Refused(&x.record)
		}
		return nil, err
	}
	sealed, err := seal(asked.WithPassword(ctx), asked.Signing)
	if err != nil {
		return nil, err
	}
	signed := sealedBody{asked.Document, sealed.Increment}
	if asked.JSON {
		return sealedJSON(signed, sealed, &x.record)
	}
	return sealedPDF(signed, sealed, &x.record)
}
