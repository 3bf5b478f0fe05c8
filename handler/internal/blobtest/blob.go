package blobtest

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"influxion/handler/internal/storagetest"
)

// maxBlock is the largest accepted block, in bytes: the limit of API versions since 2022-11-02.
const maxBlock = 100 << 20

// kind is the kind of a blob, as the service names it.
type kind string

const (
	appendBlob kind = "AppendBlob"
	blockBlob  kind = "BlockBlob"
)

// storedBlob is one blob.
type storedBlob struct {
	kind      kind
	content   []byte
	etag      string
	changed   time.Time
	mediaType string
	metadata  metadata
	blocks    int // of an append blob
	sealed    bool
	leased    bool
}

// describe sets the headers that tell what the blob is.
func (b *storedBlob) describe(header http.Header) {
	header.Set("ETag", b.etag)
	header.Set("X-Ms-Blob-Type", string(b.kind))
	header.Set("Last-Modified", b.changed.UTC().Format(http.TimeFormat))
	for name, value := range b.metadata {
		header.Set(metadataPrefix+name, value)
	}
	header.Set("X-Ms-Blob-Committed-Block-Count", strconv.Itoa(b.blocks))
	if b.mediaType != "" {
		header.Set("Content-Type", b.mediaType)
	}
}

// newTag makes the entity tag of a version. The caller must hold the lock.
func (s *Server) newTag() string {
	s.version++
	return fmt.Sprintf(`"0x%X"`, s.version)
}

// create implements Put Blob.
func (s *Server) create(w http.ResponseWriter, r *http.Request, key string, lost bool) {
	if r.Header.Get("X-Ms-Blob-Type") == string(blockBlob) {
		s.put(w, r, key, lost)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Header.Get("X-Ms-Blob-Type") != string(appendBlob) || r.ContentLength > 0:
		storagetest.Problem(w, http.StatusBadRequest, "InvalidBlobType")
		return
	case r.Header.Get("If-None-Match") != "*":
		storagetest.Problem(w, http.StatusConflict, "BlobImmutableDueToPolicy") // it could replace a blob
		return
	case s.blobs[key] != nil:
		storagetest.Problem(w, http.StatusConflict, "BlobAlreadyExists")
		return
	}
	s.blobs[key] = &storedBlob{kind: appendBlob, etag: s.newTag(), changed: time.Now()}
	w.Header().Set("ETag", s.blobs[key].etag)
	w.WriteHeader(http.StatusCreated)
}

// append implements Append Block.
func (s *Server) append(w http.ResponseWriter, r *http.Request, key string, lost bool) {
	block, err := io.ReadAll(io.LimitReader(r.Body, maxBlock+1))
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	blob := s.blobs[key]
	if status, code := s.refusesAppend(blob, len(block), r.Header.Get("X-Ms-Blob-Condition-Appendpos")); status != 0 {
		storagetest.Problem(w, status, code)
		return
	}
	w.Header().Set("X-Ms-Blob-Append-Offset", strconv.Itoa(len(blob.content)))
	blob.content = append(blob.content, block...)
	blob.blocks++
	blob.etag, blob.changed = s.newTag(), time.Now()
	s.appends++
	if lost {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("X-Ms-Blob-Committed-Block-Count", strconv.Itoa(blob.blocks))
	w.Header().Set("ETag", blob.etag)
	w.WriteHeader(http.StatusCreated)
}

// close implements Append Blob Seal, and Lease Blob with the action acquire. After either, nobody
// can write to the blob.
func (s *Server) close(w http.ResponseWriter, r *http.Request, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	blob := s.blobs[key]
	seals := r.URL.Query().Get("comp") == "seal"
	switch {
	case blob == nil:
		storagetest.Problem(w, http.StatusNotFound, "BlobNotFound")
	case seals && blob.leased:
		storagetest.Problem(w, http.StatusPreconditionFailed, "LeaseIdMissing")
	case seals:
		blob.sealed = true
		w.Header().Set("X-Ms-Blob-Sealed", "true")
		w.WriteHeader(http.StatusOK)
	case r.Header.Get("X-Ms-Lease-Action") != "acquire":
		storagetest.Problem(w, http.StatusBadRequest, "InvalidHeaderValue")
	case blob.leased:
		storagetest.Problem(w, http.StatusConflict, "LeaseAlreadyPresent")
	default:
		blob.leased = true
		w.Header().Set("X-Ms-Lease-Id", r.Header.Get("X-Ms-Proposed-Lease-Id"))
		w.WriteHeader(http.StatusCreated)
	}
}

// refusesAppend returns why a block of this size cannot be appended at the position, or zero.
func (s *Server) refusesAppend(blob *storedBlob, size int, position string) (status int, code string) {
	switch {
	case size > maxBlock:
		return http.StatusRequestEntityTooLarge, "RequestBodyTooLarge"
	case size == 0:
		return http.StatusBadRequest, "InvalidHeaderValue"
	case blob == nil:
		return http.StatusNotFound, "BlobNotFound"
	case blob.kind != appendBlob:
		return http.StatusConflict, "InvalidBlobType"
	case blob.leased:
		return http.StatusPreconditionFailed, "LeaseIdMissing"
	case blob.sealed:
		return http.StatusConflict, "BlobIsSealed"
	case blob.blocks >= s.config.MaxBlocks:
		return http.StatusConflict, "BlockCountExceedsLimit"
	case position != "" && position != strconv.Itoa(len(blob.content)):
		return http.StatusPreconditionFailed, "AppendPositionConditionNotMet"
	}
	return 0, ""
}

// read implements Get Blob and Get Blob Properties.
func (s *Server) read(w http.ResponseWriter, r *http.Request, key string) {
	s.mu.Lock()
	blob := s.blobs[key]
	var content []byte
	if blob != nil {
		content = blob.content // it is only ever lengthened or replaced
		blob.describe(w.Header())
	}
	refused, code := condition(r, blob)
	s.mu.Unlock()
	switch {
	case blob == nil:
		storagetest.Problem(w, http.StatusNotFound, "BlobNotFound")
		return
	case refused != 0:
		storagetest.Problem(w, refused, code)
		return
	}
	status := http.StatusOK
	field := r.Header.Get("X-Ms-Range")
	if field == "" {
		field = r.Header.Get("Range")
	}
	if field != "" && r.Method == http.MethodGet {
		var from, to int
		n, _ := fmt.Sscanf(field, "bytes=%d-%d", &from, &to)
		if n == 0 || from >= len(content) {
			storagetest.Problem(w, http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
			return
		}
		if n == 1 {
			to = len(content) - 1
		}
		to = min(to, len(content)-1)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(content)))
		content, status = content[from:to+1], http.StatusPartialContent
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		_, _ = w.Write(content)
	}
}

// fewBlobs is the default number of blobs on a page of the list: small, so that tests meet several
// pages.
const fewBlobs = 3

// list implements List Blobs.
func (s *Server) list(w http.ResponseWriter, r *http.Request, container string) {
	query := r.URL.Query()
	type item struct {
		Name       string
		Properties struct {
			BlobType     kind
			Etag         string
			LastModified string `xml:"Last-Modified"`
			Length       int    `xml:"Content-Length"`
		}
		Metadata metadata
	}
	answer := struct {
		XMLName    xml.Name `xml:"EnumerationResults"`
		Items      []item   `xml:"Blobs>Blob"`
		NextMarker string
	}{}
	s.mu.Lock()
	for _, key := range slices.Sorted(maps.Keys(s.blobs)) {
		name, inside := strings.CutPrefix(key, container+"/")
		if !inside || !strings.HasPrefix(name, query.Get("prefix")) || name <= query.Get("marker") {
			continue
		}
		if len(answer.Items) == s.config.Page {
			answer.NextMarker = answer.Items[s.config.Page-1].Name
			break
		}
		one := item{Name: name}
		blob := s.blobs[key]
		one.Properties.BlobType, one.Properties.Etag = blob.kind, blob.etag
		one.Properties.Length = len(blob.content)
		one.Properties.LastModified = blob.changed.UTC().Format(http.TimeFormat)
		if strings.Contains(query.Get("include"), "metadata") {
			one.Metadata = blob.metadata
		}
		answer.Items = append(answer.Items, one)
	}
	s.mu.Unlock()
	body, err := xml.Marshal(answer)
	if err != nil {
		panic("internal error: a list that is not XML")
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write(append([]byte(xml.Header), body...))
}
