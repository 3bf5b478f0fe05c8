package keyvault

import (
	"context"
	"maps"
	"strings"
	"time"

	"influxion/handler/internal/signing"
)

// Warm fetches the current version of each certificate, so that the first caller need not wait. It
// returns when it has tried all of them or ctx has ended. It logs the ones that it cannot fetch.
func (s *Source) Warm(ctx context.Context, names []string) {
	for _, name := range names {
		if ctx.Err() != nil {
			return
		}
		if _, err := s.Certificate(ctx, name, ""); err != nil {
			s.logger.WarnContext(ctx, "certificate not prefetched", "certificate", name, "version", "",
				"error", err.Error())
		}
	}
}

// Watch checks the certificates of names, and all that were asked for, at each tick until ctx ends.
// So a rotation or an expiry is noticed even if nobody signs. It logs the ones that it cannot
// fetch. It stops watching a certificate that is not one of names once that cannot be found.
func (s *Source) Watch(ctx context.Context, ticks <-chan time.Time, names []string) {
	watched := map[secretKey]bool{} // true = one of names
	for _, name := range names {
		watched[secretKey{name: strings.ToLower(name)}] = true
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
			s.visit(ctx, watched)
		}
	}
}

// visit fetches what is watched, and adds what is cached to it. A stale answer counts as cached: it
// is there until somebody asks for it again.
func (s *Source) visit(ctx context.Context, watched map[secretKey]bool) {
	if len(watched) > maxCertificates {
		maps.DeleteFunc(watched, func(_ secretKey, named bool) bool { return !named })
	}
	for _, key := range s.certificates.keys() {
		if !watched[key] {
			watched[key] = false // nobody has named it
		}
	}
	for key, named := range watched {
		if ctx.Err() != nil {
			return
		}
		_, err := s.Certificate(ctx, key.name, key.version)
		if err == nil {
			continue
		}
		s.logger.WarnContext(ctx, "certificate not prefetched", "certificate", key.name, "version", key.version,
			"error", err.Error())
		if !named && signing.AsError(err).Kind == signing.NotFound {
			delete(watched, key)
		}
	}
}
