package server

import (
	"context"

	"influxion/handler/internal/signing"
)

// sign is POST /api/sign.
func (s *Server) sign(ctx context.Context, x *exchange) (*answer, error) {
	return s.seal(ctx, x, signOptions(), func(ctx context.Context, request signing.Request) (*signing.Sealed, error) {
		return s.sealer.Seal(ctx, x.principal, request, &x.record)
	})
}

// extend is POST /api/extend.
func (s *Server) extend(ctx context.Context, x *exchange) (*answer, error) {
	return s.seal(ctx, x, extendOptions(), func(ctx context.Context, request signing.Request) (*signing.Sealed, error) {
		return s.extender.Extend(ctx, request, &x.record)
	})
}

// timestamp is POST /api/timestamp.
func (s *Server) timestamp(ctx context.Context, x *exchange) (*answer, error) {
	return s.seal(ctx, x, timestampOptions(), func(ctx context.Context, request signing.Request) (*signing.Sealed, error) {
		return s.extender.Timestamp(ctx, request, &x.record)
	})
}

// appending is what is appended to the document of a request.
type appending func(context.Context, signing.Request) (*signing.Sealed, error)

// seal reads a document with its options, has something appended to it, and answers with both.
func (s *Server) seal(ctx context.Context, x *exchange, known []option, seal appending) (*answer, error) {
	form, err := s.readForm(ctx, x, known)
	if err != nil {
		return nil, err
	}
	request, err := form.options.request(form.document)
	if err != nil {
		request.Refused(&x.record)
		return nil, err
	}
	sealed, err := seal(form.options.withPassword(ctx), request)
	if err != nil {
		return nil, err
	}
	signed := sealedBody{form.document, sealed.Increment}
	if form.json {
		return sealedJSON(signed, sealed, &x.record)
	}
	return sealedPDF(signed, sealed, &x.record)
}
