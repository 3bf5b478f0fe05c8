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

// maxOlder bounds the older versions that are tried if the current one may not sign.
const maxOlder = 5

// rotation remembers the versions that have passed their self-test, and what was last logged about
// each certificate. Safe for concurrent use.
type rotation struct {
	logger *slog.Logger

	mu     sync.Mutex
	passed map[string]bool   // by name, version and fingerprint, and the key's own version: markOf
	logged map[string]string // the last message about a name
}

// maxRemembered bounds each of the maps of rotation: at that size a map is emptied.
const maxRemembered = 4 * maxCertificates

func newRotation(logger *slog.Logger) *rotation {
	return &rotation{logger: logger, passed: map[string]bool{}, logged: map[string]string{}}
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

// forget makes every version of a certificate take its self-test again.
func (r *rotation) forget(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for mark := range r.passed {
		if strings.HasPrefix(mark, strings.ToLower(name)+"/") {
			delete(r.passed, mark)
		}
	}
}

// tell logs a message about a certificate, unless it was the last one about it.
func (r *rotation) tell(ctx context.Context, level slog.Level, name, message string, attributes ...any) {
	word := fmt.Sprint(append([]any{message}, attributes...)...)
	r.mu.Lock()
	known := r.logged[name] == word
	if len(r.logged) >= maxRemembered {
		clear(r.logged)
	}
	r.logged[name] = word
	r.mu.Unlock()
	if !known {
		r.logger.Log(ctx, level, message, append([]any{"certificate", name}, attributes...)...)
	}
}

// markOf identifies what passed a self-test. The same version with another key or another
// certificate needs a new self-test.
func markOf(c *signing.Certificate) string {
	mark := strings.ToLower(c.Name + "/" + c.Version + "/" + c.Fingerprint())
	if key, ok := c.Key.(*vaultKey); ok {
		mark += "/" + strings.ToLower(key.id.name+"/"+key.id.version)
	}
	return mark
}

// fetchCertificate fetches a certificate from the vault. If the current version may not sign, or
// not yet, it returns the newest older version that may.
func (s *Source) fetchCertificate(ctx context.Context, key secretKey) (answer[*signing.Certificate], *refusal) {
	got, refused := s.testedVersion(ctx, key.name, key.version)
	if key.version != "" {
		if refused == nil {
			s.expiry.note(ctx, got.value, s.now()) // a caller who names a version gets no newer one
		}
		return got.answer, refused
	}
	current, holds := s.certificates.peek(key)
	var next *signing.Successor
	switch {
	case refused != nil && refused.unfit != nil:
		next = &signing.Successor{Version: refused.unfit.version, Reason: refused.unfit.reason}
	case refused != nil:
		return got.answer, refused
	case holds && current.Version == got.value.Version || s.reaches(got.value.Chain):
		s.took(ctx, key.name, current, got.value)
		return got.answer, nil
	default:
		refused = unfitVersion(got.value.Version, errChainIncomplete)
		next = &signing.Successor{Version: got.value.Version, Reason: reasonChain}
	}
	older, failed := s.olderVersion(ctx, key.name, next, current)
	if failed != nil {
		if next.Reason == reasonChain { // better than no version, or than one that cannot be checked now
			s.took(ctx, key.name, current, got.value)
			return got.answer, nil
		}
		if failed.final {
			failed = refused
		}
		return older.answer, failed
	}
	s.rotation.tell(ctx, slog.LevelWarn, key.name, "a new version of the certificate does not sign yet",
		"version", next.Version, "reason", next.Reason, "cause", refused.err.Err.Error(), "signs",
		older.value.Version)
	older.value.Successor = next
	s.expiry.note(ctx, older.value, s.now())
	return older.answer, nil
}

// took logs that a version signs from now on.
func (s *Source) took(ctx context.Context, name string, current, now *signing.Certificate) {
	if current != nil && current.Version != now.Version {
		s.rotation.tell(ctx, slog.LevelInfo, name, "a new version of the certificate signs", "version", now.Version,
			"before", current.Version)
	}
	s.expiry.note(ctx, now, s.now())
}

// olderVersion returns the version that signs instead of next: the cached one, if it still may,
// else the newest that passes its self-test.
func (s *Source) olderVersion(ctx context.Context, name string, next *signing.Successor,
	current *signing.Certificate) (found, *refusal) {
	if next.Reason == reasonSelfTest {
		s.rotation.forget(name) // the vault itself may be at fault, for every version alike
	}
	try := func(version string) (found, *refusal) {
		got, refused := s.testedVersion(ctx, name, version)
		if refused == nil && next.Reason == reasonChain && !s.reaches(got.value.Chain) {
			return found{}, unfitVersion(version, errChainIncomplete)
		}
		return got, refused
	}
	tried := map[string]bool{strings.ToLower(next.Version): true}
	if current != nil && !tried[strings.ToLower(current.Version)] {
		got, refused := try(current.Version)
		if refused == nil || !refused.final {
			return got, refused
		}
		tried[strings.ToLower(current.Version)] = true
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

// withdraw ends the use of a certificate whose key the vault definitely refuses while it is in use.
func (s *Source) withdraw(c *signing.Certificate, refused *refusal) {
	s.rotation.forget(c.Name)
	s.certificates.withdraw(secretKey{strings.ToLower(c.Name), strings.ToLower(c.Version)}, refused.about(c))
}
