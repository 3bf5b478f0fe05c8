package request

import (
	"net/http"

	"influxion/handler/internal/server/request/memory"
)

// defaultMaxDocumentBytes stays below the Functions host's own limit for a whole request body,
// 104,857,600 bytes, also for a document in base64.
const defaultMaxDocumentBytes = 50 << 20

// Limits bound what requests may send and how much memory they may take, in bytes.
type Limits struct {
	Document int64 // of one document; 0 = defaultMaxDocumentBytes
	InFlight int64 // of all documents in memory at once, at least one; 0 = 4 × Document
	Working  int64 // of work on all documents in progress, apart from the documents; at least 8 MiB; 0 = 512 MiB
}

// Reader reads the requests of one server, which share its memory. Safe for concurrent use.
type Reader struct {
	maxDocument int64
	memory      *memory.Pool
}

// New makes a Reader. It tells the heap of heavy requests; nil = garbage collection is not tuned.
func New(limits Limits, heap memory.Heap) *Reader {
	document := limits.Document
	if document <= 0 {
		document = defaultMaxDocumentBytes
	}
	return &Reader{maxDocument: document, memory: memory.New(memory.Limits{
		Document: document, Documents: limits.InFlight, Images: maxImagesInFlight * imagePlace,
		Working: limits.Working,
	}, heap)}
}

// Work begins work on a document of the given size in bytes that did not come with a request. It
// takes no memory yet. The caller must release the result.
func (r *Reader) Work(document int64) *memory.Work { return r.memory.Work(document) }

// Incoming begins a request. It reads nothing and takes no memory. The caller must release the
// result.
func (r *Reader) Incoming(w http.ResponseWriter, request *http.Request) *Incoming {
	sent := newRawBody(request)
	return &Incoming{
		reader: r, writer: w, request: request, control: http.NewResponseController(w), sent: sent, body: sent,
		memory: r.memory.Share(),
	}
}
