package trustservices_test

import (
	"context"
	"crypto/x509"
	"errors"
	"sync"
	"testing"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

// document is a document for which questions are asked, known by its budget.
type document struct{ *budget.Budget }

func newDocument(signatures int) document {
	b := budget.New(budget.For(0), nil)
	b.Signatures(signatures)
	return document{b}
}

func (d document) context(ctx context.Context) context.Context { return budget.With(ctx, d.Budget) }

// ofDocuments gives a source for documents, and a source for our own certificates.
func ofDocuments(t *testing.T) (documents, own *trustservices.Revocation) {
	t.Helper()
	own = newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback})
	return newRevocation(t, trustservices.RevocationConfig{AllowedNetworks: loopback, Own: own}), own
}

// slow is an authority whose responder answers only when it is told to, and the questions that wait
// for it.
type slow struct {
	*trusttest.Services
	t       *testing.T
	source  *trustservices.Revocation
	waiting sync.WaitGroup
}

func newSlow(t *testing.T, source *trustservices.Revocation) *slow {
	t.Helper()
	s := &slow{Services: startTrust(t, trusttest.Config{}), t: t, source: source}
	s.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Slow})
	return s
}

// ask asks about another certificate for a document, and returns when the question has arrived.
func (s *slow) ask(ctx context.Context, judge func(error)) {
	s.t.Helper()
	chain := issue(s.t, s.Services, nil, trusttest.CRL)
	started := s.Started(trusttest.OCSP)
	s.waiting.Go(func() {
		_, err := s.source.Revocation(ctx, chain[0], chain[1])
		judge(err)
	})
	<-started
}

// end lets the responder answer, and waits for all questions to it.
func (s *slow) end() {
	s.ClearFault(trusttest.OCSP)
	s.waiting.Wait()
}

// TestSlowDocumentsKeepNobodyWaiting has a slow responder that takes every place. The question of
// another document is answered nevertheless.
func TestSlowDocumentsKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	documents, _ := ofDocuments(t)
	slow, quick := newSlow(t, documents), startTrust(t, trusttest.Config{})
	var mu sync.Mutex
	gaveWay := 0
	for range trustservices.MaxPlaces / 4 {
		ctx := newDocument(1).context(t.Context())
		for range 4 {
			slow.ask(ctx, func(err error) {
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					gaveWay++
					if got := refused(t, err); got.Detail != "too many questions are open at once" || !got.Retry {
						t.Errorf("got %v for what gave way, want a text that says so", got)
					}
				}
			})
		}
	}
	if got := slow.Requests(trusttest.OCSP); got != trustservices.MaxPlaces {
		t.Fatalf("got %d questions on their way, want every place taken", got)
	}
	const others = 3
	for range others {
		chain := issue(t, quick, nil, trusttest.CRL)
		if _, err := documents.Revocation(newDocument(1).context(t.Context()), chain[0], chain[1]); err != nil {
			t.Errorf("got %v for another document, want an answer", err)
		}
	}
	slow.end()
	if gaveWay != 1 { // the places of those that are answered are free for the next
		t.Errorf("got %d questions that gave way, want 1", gaveWay)
	}
}

// TestDocumentsAskFourAtOnce has a document whose author chose slow authorities. A fifth question
// waits, even when nobody waits for the first four any more.
func TestDocumentsAskFourAtOnce(t *testing.T) {
	t.Parallel()
	documents, _ := ofDocuments(t)
	slow, one := newSlow(t, documents), newDocument(2)
	gone, leave := context.WithCancel(one.context(t.Context()))
	for range 4 {
		slow.ask(gone, func(err error) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the end of the caller's patience", err)
			}
		})
	}
	leave()
	slow.waiting.Wait()
	fifth := issue(t, slow.Services, nil, trusttest.CRL)
	impatient, cancel := context.WithCancel(one.context(t.Context()))
	var asked sync.WaitGroup
	asked.Go(func() {
		if _, err := documents.Revocation(impatient, fifth[0], fifth[1]); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v for a fifth question, want to wait", err)
		}
	})
	slow.ask(newDocument(1).context(t.Context()), func(err error) {
		if err != nil {
			t.Errorf("got %v for another document, want an answer", err)
		}
	})
	cancel()
	asked.Wait()
	if got := slow.Requests(trusttest.OCSP); got != 5 {
		t.Errorf("got %d questions on their way, want four and one of another document", got)
	}
	slow.end()
	documents.WaitForBackground()
	if _, err := documents.Revocation(one.context(t.Context()), fifth[0], fifth[1]); err != nil {
		t.Errorf("got %v when there are places again, want an answer", err)
	}
}

// TestDocumentsAskSoMuch: a cached answer does not count as a question.
func TestDocumentsAskSoMuch(t *testing.T) {
	t.Parallel()
	documents, _ := ofDocuments(t)
	services, one := startTrust(t, trusttest.Config{}), newDocument(1)
	var cached []*x509.Certificate
	for range 8 {
		cached = issue(t, services, nil, trusttest.CRL)
		if _, err := documents.Revocation(one.context(t.Context()), cached[0], cached[1]); err != nil {
			t.Fatal(err)
		}
	}
	another := issue(t, services, nil, trusttest.CRL)
	_, err := documents.Revocation(one.context(t.Context()), another[0], another[1])
	const want = "is not asked: the document needs more requests to trust services than allowed"
	if got := refused(t, err); got.Detail != want || got.Retry {
		t.Errorf("got %v for a ninth question, want none", got)
	}
	if _, err := documents.Revocation(one.context(t.Context()), cached[0], cached[1]); err != nil {
		t.Errorf("got %v for what is held, want it", err)
	}
	if _, err := documents.Revocation(newDocument(1).context(t.Context()), another[0], another[1]); err != nil {
		t.Errorf("got %v for another document, want an answer", err)
	}
}

// TestOurOwnCertificatesAreAskedAboutApart takes all places, and has a document that may ask no
// more questions.
func TestOurOwnCertificatesAreAskedAboutApart(t *testing.T) {
	t.Parallel()
	documents, own := ofDocuments(t)
	services, one := startTrust(t, trusttest.Config{}), newDocument(1)
	ours, other := issue(t, services, nil, trusttest.CRL), issue(t, services, nil, trusttest.CRL)
	documents.Trusted(ours...)
	for range 8 {
		if _, answered, err := one.Ask(t.Context()); err != nil {
			t.Fatal(err)
		} else {
			answered()
		}
	}
	if _, err := documents.Revocation(one.context(t.Context()), ours[0], ours[1]); err != nil {
		t.Errorf("got %v about our own certificate, want an answer", err)
	}
	if _, err := documents.Issuers(one.context(t.Context()), ours[0]); err != nil {
		t.Errorf("got %v for the issuer of our own certificate, want it", err)
	}
	if _, err := documents.Revocation(one.context(t.Context()), other[0], other[1]); err == nil {
		t.Error("got an answer about another certificate, want none")
	}
	before := services.Requests(trusttest.OCSP)
	if _, err := own.Revocation(t.Context(), ours[0], ours[1]); err != nil ||
		services.Requests(trusttest.OCSP) != before {
		t.Errorf("got %v after %d more questions, want what our own source holds", err,
			services.Requests(trusttest.OCSP)-before)
	}
}

// TestAnswersTakeMemoryOfTheDocument has a CRL that is larger than the memory that a document may
// take beside itself.
func TestAnswersTakeMemoryOfTheDocument(t *testing.T) {
	t.Parallel()
	documents, _ := ofDocuments(t)
	services := startTrust(t, trusttest.Config{})
	chain := issue(t, services, nil, trusttest.OCSP)
	poor := document{budget.New(budget.Limits{Memory: 100}, nil)}
	_, err := documents.Revocation(poor.context(t.Context()), chain[0], chain[1])
	if got := refused(t, err); got.Detail != "answered with more than the memory limit allows" {
		t.Errorf("got %v, want that there is no memory", got)
	}
	rich := newDocument(1)
	if _, err := documents.Revocation(rich.context(t.Context()), chain[0], chain[1]); err != nil {
		t.Errorf("got %v for a document that has memory, want the list: the poor one's failure is its own", err)
	}
	if got := rich.InUse(); got != 0 {
		t.Errorf("got %d bytes held after the answer, want none", got)
	}
}
