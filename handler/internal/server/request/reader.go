package request

import (
	"cmp"
	"net/http"
)

// DefaultMaxDocumentBytes stays below the Functions host's own limit for a whole request body,
// 104,857,600 bytes, also for a document in base64.
const DefaultMaxDocumentBytes = 50 << 20

// Limits bound what requests may send and what they may take of the memory, in bytes.
type Limits struct {
	Document int64 // of one document; 0 = DefaultMaxDocumentBytes
	InFlight int64 // of all documents in memory at once, at least one; 0 = 4 × Document
	Working  int64 // of work on all documents in progress, apart from the documents; at least 8 MiB; 0 = 512 MiB
}

// Reader reads the requests of one server, which share its memory. Safe for concurrent use.
type Reader struct {
	maxDocument int64
	documents   *admission
	inFlight    int64 // what documents is for
	images      *admission
	working     *workingMemory
	segments    segments
}

// New makes a Reader. It tells the heap of heavy requests; nil = garbage collection is not tuned.
func New(limits Limits, heap Heap) *Reader {
	document := limits.Document
	if document <= 0 {
		document = DefaultMaxDocumentBytes
	}
	inFlight := limits.InFlight
	if inFlight <= 0 {
		inFlight = 4 * (document + segmentSize)
	}
	// A document of the allowed size must always fit; otherwise a request could wait forever.
	inFlight = max(inFlight, document+segmentSize)
	return &Reader{
		maxDocument: document,
		documents:   newAdmission(inFlight), inFlight: inFlight,
		images:  newAdmission(maxImagesInFlight * imagePlace),
		working: newWorkingMemory(cmp.Or(limits.Working, defaultWorking), heap),
	}
}

// Incoming begins a request. It reads nothing and takes no memory. The caller must release the
// result.
func (r *Reader) Incoming(w http.ResponseWriter, request *http.Request) *Incoming {
	sent := newSentBody(request)
	return &Incoming{
		reader: r, writer: w, request: request, control: http.NewResponseController(w), sent: sent, body: sent,
		document:  reservation{total: r.documents, held: r.working, segments: &r.segments},
		image:     reservation{total: r.images},
		allowance: r.working.allowance(),
	}
}
