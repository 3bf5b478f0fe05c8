package trustservices

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/revocation"
)

// callLimit bounds the time of all requests about one certificate.
const callLimit = 20 * time.Second

// inquiry is something to be asked about a certificate.
type inquiry[V any] struct {
	key   string // what is asked: inquiries at the same time with the same key are one
	role  string // of the service
	about *x509.Certificate
	fetch func(context.Context) (V, *pades.ServiceError) // asks once
}

// result is the outcome of a fetch.
type result[V any] struct {
	value   V
	refused *pades.ServiceError
}

// wait gives the outcome of a fetch, or a failure that is remembered. All callers that ask for the
// same at the same time share one fetch.
func wait[V any](ctx context.Context, r *Revocation, asked inquiry[V]) (V, *pades.ServiceError) {
	var none V
	if refused, _, ok := r.refusals.get(asked.key, r.config.Now()); ok {
		return none, refused
	}
	caller, owner, answered := ctx, r.ownerOf(ctx), func() {}
	if owner != nil {
		var err error
		if ctx, answered, err = owner.Ask(ctx); err != nil {
			return none, asked.ended(err)
		}
	}
	if ctx.Err() != nil {
		answered()
		return none, asked.ended(context.Cause(ctx))
	}
	done := make(chan result[V], 1)
	if !r.launch(func() {
		defer answered()
		done <- call(r, owner, asked)
	}) {
		answered()
		return none, asked.failed("is no longer asked", true, nil)
	}
	select {
	case outcome := <-done:
		return outcome.value, outcome.refused
	case <-ctx.Done():
	}
	if caller.Err() == nil {
		select {
		case outcome := <-done: // the question ends with its answer, so both channels may be ready
			return outcome.value, outcome.refused
		default:
		}
	}
	return none, asked.ended(context.Cause(ctx))
}

// failed is the error of an inquiry.
func (q inquiry[V]) failed(detail string, retry bool, cause error) *pades.ServiceError {
	return &pades.ServiceError{Service: q.role, Subject: pades.CommonName(q.about), Detail: detail, Retry: retry,
		Err: cause}
}

// ended is the error of an inquiry that nobody may or can wait for any more.
func (q inquiry[V]) ended(cause error) *pades.ServiceError {
	detail := leftDetail
	if errors.Is(cause, budget.ErrQuestions) || errors.Is(cause, budget.ErrTime) {
		detail = "is not asked: " + cause.Error()
	}
	return q.failed(detail, !errors.Is(cause, budget.ErrQuestions), cause)
}

// ownerOf gives the budget of the document for which a question is asked. It is nil if the question
// is for no document, or about our own certificates only.
func (r *Revocation) ownerOf(ctx context.Context) *budget.Budget {
	if r.config.Own == nil {
		return nil
	}
	return budget.Of(ctx)
}

// renew fetches in the background, if the document that causes the fetch may ask another question.
func (r *Revocation) renew(ctx context.Context, asked inquiry[*revocation.Evidence]) {
	owner, answered := r.ownerOf(ctx), func() {}
	if owner != nil {
		var ok bool
		if answered, ok = owner.TryAsk(); !ok {
			return
		}
	}
	r.evidence.postpone(asked.key, r.config.Now().Add(retryAfter))
	if !r.launch(func() {
		defer answered()
		if refused := call(r, owner, asked).refused; refused != nil && r.ctx.Err() == nil {
			r.config.Log.Warn("revocation evidence could not be renewed", "certificate", refused.Subject, "error",
				refused)
		}
	}) {
		answered()
	}
}

// call does the work once for all callers that wait for it, within callLimit and maxPlaces.
func call[V any](r *Revocation, owner *budget.Budget, asked inquiry[V]) result[V] {
	shared, _, _ := r.calls.Do(asked.key, func() (any, error) {
		ctx, cancel := context.WithTimeout(r.ctx, callLimit)
		defer cancel()
		ctx, giveUp := context.WithCancelCause(ctx)
		defer giveUp(nil)
		t := &question{owner, giveUp}
		r.places.enter(t)
		defer r.places.leave(t)
		ctx, memory := withAnswerMemory(ctx, owner)
		defer memory.giveBack()
		value, refused := asked.fetch(ctx)
		switch {
		case refused == nil:
		case errors.Is(context.Cause(ctx), errGaveWay):
			refused = asked.failed(errGaveWay.Error(), true, errGaveWay) // to another document's call
		case r.ctx.Err() == nil && !memory.refused:
			now := r.config.Now()
			r.refusals.put(asked.key, refused, 0, lifetime{end: now.Add(refusalLife)})
		}
		return result[V]{value, refused}, nil
	})
	return shared.(result[V])
}

// answerMemory is the memory of a call's answers. The budget of the document pays for it.
type answerMemory struct {
	budget  *budget.Budget
	bytes   int64
	refused bool // the budget had less than was needed
}

type answerMemoryKey struct{}

func withAnswerMemory(ctx context.Context, b *budget.Budget) (context.Context, *answerMemory) {
	c := &answerMemory{budget: b}
	return context.WithValue(ctx, answerMemoryKey{}, c), c
}

// takeMemory takes memory for an answer. Without a document there is no budget and no limit.
func takeMemory(ctx context.Context, bytes int64) error {
	c, _ := ctx.Value(answerMemoryKey{}).(*answerMemory)
	if c == nil || c.budget == nil {
		return nil
	}
	if err := c.budget.Take(ctx, bytes); err != nil {
		c.refused = true
		return err
	}
	c.bytes += bytes
	return nil
}

// giveBack returns the memory to the budget. The caches have bounds of their own, and the caller
// takes memory for what it keeps.
func (c *answerMemory) giveBack() {
	if c.budget != nil {
		c.budget.Give(c.bytes)
	}
}
