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
)

// maxBlock is the largest block that is taken, in bytes: that of versions since 2022-11-02.
const maxBlock = 100 << 20

// appendBlob is one blob.
type appendBlob struct {
	content []byte
	blocks  int
	sealed  bool
	leased  bool
}

func (b *appendBlob) etag() string { return fmt.Sprintf(`"0x%X"`, b.blocks+1) }

// create is Put Blob.
func (s *Server) create(w http.ResponseWriter, r *http.Request, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Header.Get("X-Ms-Blob-Type") != "AppendBlob" || r.ContentLength > 0:
		problem(w, http.StatusBadRequest, "InvalidBlobType")
		return
	case r.Header.Get("If-None-Match") != "*":
		problem(w, http.StatusConflict, "BlobImmutableDueToPolicy") // it could replace a blob
		return
	case s.blobs[name] != nil:
		problem(w, http.StatusConflict, "BlobAlreadyExists")
		return
	}
	s.blobs[name] = &appendBlob{}
	w.Header().Set("ETag", s.blobs[name].etag())
	w.WriteHeader(http.StatusCreated)
}

// append is Append Block.
func (s *Server) append(w http.ResponseWriter, r *http.Request, name string, lost bool) {
	block, err := io.ReadAll(io.LimitReader(r.Body, maxBlock+1))
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	blob := s.blobs[name]
	position := r.Header.Get("X-Ms-Blob-Condition-Appendpos")
	switch {
	case len(block) > maxBlock:
		problem(w, http.StatusRequestEntityTooLarge, "RequestBodyTooLarge")
		return
	case len(block) == 0:
		problem(w, http.StatusBadRequest, "InvalidHeaderValue")
		return
	case blob == nil:
		problem(w, http.StatusNotFound, "BlobNotFound")
		return
	case blob.leased:
		problem(w, http.StatusPreconditionFailed, "LeaseIdMissing")
		return
	case blob.sealed:
		problem(w, http.StatusConflict, "BlobIsSealed")
		return
	case blob.blocks >= s.config.MaxBlocks:
		problem(w, http.StatusConflict, "BlockCountExceedsLimit")
		return
	case position != "" && position != strconv.Itoa(len(blob.content)):
		problem(w, http.StatusPreconditionFailed, "AppendPositionConditionNotMet")
		return
	}
	w.Header().Set("X-Ms-Blob-Append-Offset", strconv.Itoa(len(blob.content)))
	blob.content = append(blob.content, block...)
	blob.blocks++
	s.appends++
	if lost {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("X-Ms-Blob-Committed-Block-Count", strconv.Itoa(blob.blocks))
	w.Header().Set("ETag", blob.etag())
	w.WriteHeader(http.StatusCreated)
}

// close is Append Blob Seal, and Lease Blob of the action acquire: nobody writes to the blob now.
func (s *Server) close(w http.ResponseWriter, r *http.Request, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	blob := s.blobs[name]
	seals := r.URL.Query().Get("comp") == "seal"
	switch {
	case blob == nil:
		problem(w, http.StatusNotFound, "BlobNotFound")
	case seals && blob.leased:
		problem(w, http.StatusPreconditionFailed, "LeaseIdMissing")
	case seals:
		blob.sealed = true
		w.Header().Set("X-Ms-Blob-Sealed", "true")
		w.WriteHeader(http.StatusOK)
	case r.Header.Get("X-Ms-Lease-Action") != "acquire":
		problem(w, http.StatusBadRequest, "InvalidHeaderValue")
	case blob.leased:
		problem(w, http.StatusConflict, "LeaseAlreadyPresent")
	default:
		blob.leased = true
		w.Header().Set("X-Ms-Lease-Id", r.Header.Get("X-Ms-Proposed-Lease-Id"))
		w.WriteHeader(http.StatusCreated)
	}
}

// read is Get Blob and Get Blob Properties.
func (s *Server) read(w http.ResponseWriter, r *http.Request, name string) {
	s.mu.Lock()
	blob := s.blobs[name]
	var content []byte
	if blob != nil {
		content = slices.Clone(blob.content)
		w.Header().Set("ETag", blob.etag())
		w.Header().Set("X-Ms-Blob-Type", "AppendBlob")
		w.Header().Set("X-Ms-Blob-Committed-Block-Count", strconv.Itoa(blob.blocks))
	}
	s.mu.Unlock()
	if blob == nil {
		problem(w, http.StatusNotFound, "BlobNotFound")
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
			problem(w, http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
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

// pageSize is how many blobs a page of the list has: few, so that there are several.
const pageSize = 3

// list is List Blobs.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	s.mu.Lock()
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(s.blobs)), func(name string) bool {
		return !strings.HasPrefix(name, query.Get("prefix")) || name <= query.Get("marker")
	})
	s.mu.Unlock()
	type item struct {
		Name       string
		Properties struct {
			BlobType string
		}
	}
	answer := struct {
		XMLName    xml.Name `xml:"EnumerationResults"`
		Items      []item   `xml:"Blobs>Blob"`
		NextMarker string
	}{}
	for _, name := range names[:min(len(names), pageSize)] {
		one := item{Name: name}
		one.Properties.BlobType = "AppendBlob"
		answer.Items = append(answer.Items, one)
		answer.NextMarker = name
	}
	if len(names) <= pageSize {
		answer.NextMarker = ""
	}
	body, err := xml.Marshal(answer)
	if err != nil {
		panic("internal error: a list that is no XML")
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write(append([]byte(xml.Header), body...))
}
