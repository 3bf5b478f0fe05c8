package request

import (
	"context"

	"influxion/handler/internal/pades/budget"
)

// Work is the memory of work on a document that did not come with the request: of a job. It shares
// the memory of all requests of the Reader. Not safe for concurrent use.
type Work struct {
	reader    *Reader
	document  reservation
	allowance *allowance
}

// Work begins work on a document of so many bytes. It takes no memory yet. The caller must release
// the result.
func (r *Reader) Work(document int64) *Work {
	w := &Work{reader: r, document: reservation{total: r.documents}, allowance: r.working.allowance()}
	w.allowance.Limit(r.working.limits(document))
	if document >= manyBytes { // what is read of it piece by piece is garbage as soon as the next one comes
		w.allowance.enter()
	}
	return w
}

// Successor is the memory of work that follows on the request's own, of the same caller. It gives
// back what the request took, so that nobody waits for memory and holds other memory meanwhile.
func (in *Incoming) Successor() *Work {
	in.Release()
	w := in.reader.Work(0)
	for _, r := range []*reservation{&w.document, &w.allowance.small, &w.allowance.large} {
		r.caller = in.document.caller
	}
	return w
}

// Bound gives a context in which the work on the document is bounded.
func (w *Work) Bound(ctx context.Context) context.Context {
	return budget.With(ctx, w.allowance.Budget)
}

// Reserve counts so many bytes of documents in all, before they are taken. Work that takes more
// than there is for all has that to itself.
func (w *Work) Reserve(ctx context.Context, bytes int64) error {
	return w.document.atLeast(ctx, min(bytes, w.reader.inFlight))
}

// Release gives the memory back.
func (w *Work) Release() {
	w.document.release()
	w.allowance.release()
}
