package main

import (
	"context"
	"sync"

	"influxion/handler/client"
	"influxion/handler/client/local"
)

// documentSigner has documents signed by the service or, with hashes alone, signs them here. Safe
// for concurrent use.
type documentSigner struct {
	hashOnly bool

	once     sync.Once
	local    *local.Signer
	localErr error // of making it
}

func newDocumentSigner(hashOnly bool) *documentSigner { return &documentSigner{hashOnly: hashOnly} }

func (s *documentSigner) sign(ctx context.Context, service *client.Client, document client.Document,
	options client.Options) (*client.Signed, error) {
	if !s.hashOnly {
		return service.Sign(ctx, document, options)
	}
	s.once.Do(func() { s.local, s.localErr = local.New(service) })
	if s.localErr != nil {
		return nil, s.localErr
	}
	return s.local.Sign(ctx, document, options)
}

func (s *documentSigner) close() {
	if s.local != nil {
		s.local.Close()
	}
}
