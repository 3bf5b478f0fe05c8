package keyvault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"influxion/handler/internal/signing"
)

// maxOlder bounds the older versions that are tried where the current one may not sign.
const maxOlder = 5

// rotation is what is known of versions: which of them have passed their self-test, and what was
// told of those that have not. Safe for concurrent use.
type rotation struct {
	logger *slog.Logger

	mu     sync.Mutex
	passed map[string]bool   // by version and fingerprint, and the key's own version
	told   map[string]string // the last word about a name
}

// maxRemembered bounds each of the maps of rotation: beyond it they begin anew.
const maxRemembered = 4 * maxCertificates

func newRotation(logger *slog.Logger) *rotation {
	return &rotation{logger: logger, passed: map[string]bool{}, told: map[string]string{}}
}

func (r *rotation) hasPassed(mark string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.passed[mark]
}

func (r *rotation) pass(mark string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.passed) >= maxRemembered {
		clear(r.passed)
	}
	r.passed[mark] = true
}

// forget has every version of a certificate tested anew.
func (r *rotation) forget(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for mark := range r.passed {
		if strings.HasPrefix(mark, strings.ToLower(name)+"/") {
			delete(r.passed, mark)
		}
	}
}

// tell logs a word about a certificate unless it was the last one.
func (r *rotation) tell(ctx context.Context, level slog.Level, name, message string, attributes ...any) {
	word := fmt.Sprint(append([]any{message}, attributes...)...)
	r.mu.Lock()
	known := r.told[name] == word
	if len(r.told) >= maxRemembered {
		clear(r.told)
	}
	r.told[name] = word
	r.mu.Unlock()
	if !known {
		r.logger.Log(ctx, level, message, append([]any{"certificate", name}, attributes...)...)
	}
}

// markOf names what was tested: the same version with another key or another certificate is tested
// anew.
func markOf(c *signing.Certificate) string {
	mark := strings.ToLower(c.Name + "/" + c.Version + "/" + c.Fingerprint())
	if key, ok := c.Key.(*vaultKey); ok {
		mark += "/" + strings.ToLower(key.id.name+"/"+key.id.version)
	}
	return mark
}

// fetchCertificate asks the vault for a certificate. A version that may not sign, or not yet, lets
// the newest older one go on that may.
func (s *Source) fetchCertificate(ctx context.Context, key secretKey) (answer[*signing.Certificate], *refusal) {
	got, refused := s.testedVersion(ctx, key.name, key.version)
	if key.version != "" {
		return got.answer, refused
	}
	held, holds := s.certificates.peek(key)
	var next *signing.Successor
	switch {
	case refused != nil && refused.unfit != nil:
		next = &signing.Successor{Version: refused.unfit.version, Reason: refused.unfit.reason}
	case refused != nil:
		return got.answer, refused
	case holds && held.Version == got.value.Version || s.reaches(got.value.Chain):
		s.took(ctx, key.name, held, got.value)
		return got.answer, nil
	default:
		refused = unfitVersion(got.value.Version, errChainIncomplete)
		next = &signing.Successor{Version: got.value.Version, Reason: reasonChain}
	}
	older, failed := s.olderVersion(ctx, key.name, next, held)
	if failed != nil {
		if next.Reason == reasonChain { // better than none, or than one of which nothing is known now
			s.took(ctx, key.name, held, got.value)
			return got.answer, nil
		}
		if failed.final {
			failed = refused
		}
		return older.answer, failed
	}
	s.rotation.tell(ctx, slog.LevelWarn, key.name, "a new version of the certificate does not sign yet",
		"version", next.Version, "reason", next.Reason, "cause", refused.fault.Err.Error(), "signs",
		older.value.Version)
	older.value.Successor = next
	s.expiry.note(ctx, older.value, s.now())
	return older.answer, nil
}

// took tells of a version that signs from now on.
func (s *Source) took(ctx context.Context, name string, held, now *signing.Certificate) {
	if held != nil && held.Version != now.Version {
		s.rotation.tell(ctx, slog.LevelInfo, name, "a new version of the certificate signs", "version", now.Version,
			"before", held.Version)
	}
	s.expiry.note(ctx, now, s.now())
}

// olderVersion gives the version that goes on for next: the one that is held, if it still may, else
// the newest that passes.
func (s *Source) olderVersion(ctx context.Context, name string, next *signing.Successor,
	held *signing.Certificate) (found, *refusal) {
	if next.Reason == reasonSelfTest {
		s.rotation.forget(name) // the fault may be the vault's, and the same for every version
	}
	try := func(version string) (found, *refusal) {
		got, refused := s.testedVersion(ctx, name, version)
		if refused == nil && next.Reason == reasonChain && !s.reaches(got.value.Chain) {
			return found{}, unfitVersion(version, errChainIncomplete)
		}
		return got, refused
	}
	tried := map[string]bool{strings.ToLower(next.Version): true}
	if held != nil && !tried[strings.ToLower(held.Version)] {
		got, refused := try(held.Version)
		if refused == nil || !refused.final {
			return got, refused
		}
		tried[strings.ToLower(held.Version)] = true
	}
	versions, refused := s.versions(ctx, name)
	if refused != nil {
		return found{}, refused
	}
	last := notFound(errors.New("no older version may sign"))
	for _, version := range versions {
		if tried[strings.ToLower(version)] {
			continue
		}
		if len(tried) > maxOlder {
			break
		}
		tried[strings.ToLower(version)] = true
		got, refused := try(version)
		if refused == nil || !refused.final {
			return got, refused
		}
		last = refused
	}
	return found{}, last
}

// withdraw ends the use of a certificate whose key the vault refuses for good while it is in use.
func (s *Source) withdraw(c *signing.Certificate, refused *refusal) {
	s.rotation.forget(c.Name)
	s.certificates.withdraw(secretKey{strings.ToLower(c.Name), strings.ToLower(c.Version)}, refused)
}
