package memory

import (
	"context"

	"influxion/handler/internal/pades/budget"
)

// Work is the memory for work on a document that did not come with the request, such as a job's. It
// shares the memory of all requests of the Pool. Not safe for concurrent use.
type Work struct {
	document  Reservation
	allowance *allowance
}

// Work begins work on a document of the given size in bytes. It takes no memory yet. The caller
// must release the result.
func (p *Pool) Work(document int64) *Work {
	w := &Work{document: Reservation{total: p.documents}, allowance: p.working.allowance()}
	w.allowance.Limit(p.working.limits(document))
	if document >= manyBytes { // what is read of it piece by piece is garbage as soon as the next one comes
		w.allowance.enter(heavy)
	}
	return w
}

// Bound gives a context in which the work on the document is bounded.
func (w *Work) Bound(ctx context.Context) context.Context {
	return budget.With(ctx, w.allowance.Budget)
}

// Reserve counts the bytes of all documents of this work before they are taken. Work that needs
// more than the whole capacity gets all of it.
func (w *Work) Reserve(ctx context.Context, bytes int64) error {
	return w.document.AtLeastOrAll(ctx, bytes)
}

// Release gives the memory back.
func (w *Work) Release() {
	w.document.Release()
	w.allowance.release()
}
