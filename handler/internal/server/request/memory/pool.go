package memory

import (
	"cmp"
	"context"
	"io"

	"influxion/handler/internal/pades/budget"
)

// Limits bound how much memory all requests together may take, in bytes.
type Limits struct {
	Document  int64 // of the largest document; it always fits, however little Documents is
	Documents int64 // of all documents in memory at once; 0 = 4 × Document
	Images    int64 // of all images that come with them
	Working   int64 // of work on all documents, apart from the documents; at least 8 MiB; 0 = 512 MiB
}

// Pool is the memory of all requests of a server. Safe for concurrent use.
type Pool struct {
	documents, images *admission
	working           *workingMemory
	segments          segments
}

// New makes a Pool. It tells the heap of heavy requests; nil = garbage collection is not tuned.
func New(limits Limits, heap Heap) *Pool {
	one := limits.Document + SegmentSize
	documents := limits.Documents
	if documents <= 0 {
		documents = 4 * one
	}
	return &Pool{
		// A document of the allowed size must always fit; otherwise a request could wait forever.
		documents: newAdmission(max(documents, one)),
		images:    newAdmission(limits.Images),
		working:   newWorkingMemory(cmp.Or(limits.Working, defaultWorking), heap),
	}
}

// Share is one request's share of the memory. Not safe for concurrent use.
type Share struct {
	Document Reservation // document bytes in memory
	Image    Reservation // and those of an image that goes with it

	pool    *Pool
	read    *Document // that came with the request; nil = none did
	working *allowance
}

// Share begins a request. It takes no memory. The caller must release the result.
func (p *Pool) Share() *Share {
	return &Share{
		Document: Reservation{total: p.documents, working: p.working, segments: &p.segments},
		Image:    Reservation{total: p.images},
		pool:     p,
		working:  p.working.allowance(),
	}
}

// SetCaller says whose request it is: its memory counts as that caller's. Call it before any is
// taken.
func (s *Share) SetCaller(caller string) {
	for _, r := range []*Reservation{&s.Document, &s.Image, &s.working.small, &s.working.large} {
		r.caller = caller
	}
}

// Budget is for the memory that work on the request takes in addition to its document.
func (s *Share) Budget() *budget.Budget { return s.working.Budget }

// Read reads the request's document: see ReadDocument. It is released with the request.
func (s *Share) Read(ctx context.Context, r io.Reader, expected, limit int64) (_ *Document, err error) {
	s.read, err = ReadDocument(ctx, r, expected, limit, &s.Document)
	return s.read, err
}

// Limit sets the limits of the work on a document of so many bytes.
func (s *Share) Limit(size int64) { s.working.Limit(s.pool.working.limits(size)) }

// Release gives the memory back that the request took, its document's too, which nobody may use any
// longer. It may be called again.
func (s *Share) Release() {
	s.read.release(&s.pool.segments)
	s.Document.Release()
	s.Image.Release()
	s.working.release()
}

// Successor is the memory for work that follows on the request's own, for the same caller. It first
// gives back what the request took, so that nobody waits for memory while holding other memory.
func (s *Share) Successor() *Work {
	s.Release()
	w := s.pool.Work(0)
	for _, r := range []*Reservation{&w.document, &w.allowance.small, &w.allowance.large} {
		r.caller = s.Document.caller
	}
	return w
}
