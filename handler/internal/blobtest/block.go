package blobtest

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"influxion/handler/internal/storagetest"
)

// maxBlockList is the longest accepted list of blocks, in bytes.
const maxBlockList = 16 << 20

// metadata are the names, in lower case, and values that a blob was written with.
type metadata map[string]string

const metadataPrefix = "X-Ms-Meta-"

func metadataOf(header http.Header) metadata {
	m := metadata{}
	for name := range header {
		if own, ok := strings.CutPrefix(name, metadataPrefix); ok {
			m[strings.ToLower(own)] = header.Get(name)
		}
	}
	return m
}

// MarshalXML writes an element for each name, as List Blobs does.
func (m metadata) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	for name, value := range m {
		if err := e.EncodeElement(value, xml.StartElement{Name: xml.Name{Local: name}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// condition checks If-Match and If-None-Match against the stored blob; nil = there is none. It
// returns the status and the code of a refusal.
func condition(r *http.Request, there *storedBlob) (status int, code string) {
	match, noneMatch := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	switch {
	case noneMatch == "*" && there != nil && r.Method == http.MethodPut:
		return http.StatusConflict, "BlobAlreadyExists"
	case match == "":
	case there == nil && r.Method == http.MethodPut && match != "*":
		return http.StatusPreconditionFailed, "ConditionNotMet"
	case there == nil:
		return http.StatusNotFound, "BlobNotFound"
	case match != "*" && match != there.etag:
		return http.StatusPreconditionFailed, "ConditionNotMet"
	}
	return 0, ""
}

// put implements Put Blob for a block blob.
func (s *Server) put(w http.ResponseWriter, r *http.Request, key string, lost bool) {
	content, err := io.ReadAll(io.LimitReader(r.Body, maxBlock+1))
	if err != nil {
		return
	}
	if len(content) > maxBlock {
		storagetest.Problem(w, http.StatusRequestEntityTooLarge, "RequestBodyTooLarge")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replace(w, r, key, content, lost)
}

// replace stores a whole block blob, if the conditions hold. The caller must hold the lock.
func (s *Server) replace(w http.ResponseWriter, r *http.Request, key string, content []byte, lost bool) {
	if status, code := condition(r, s.blobs[key]); status != 0 {
		storagetest.Problem(w, status, code)
		return
	}
	s.blobs[key] = &storedBlob{kind: blockBlob, content: content, etag: s.newTag(),
		changed: time.Now(), mediaType: r.Header.Get("X-Ms-Blob-Content-Type"), metadata: metadataOf(r.Header)}
	delete(s.blocks, key)
	if lost {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("ETag", s.blobs[key].etag)
	w.WriteHeader(http.StatusCreated)
}

// setMetadata implements Set Blob Metadata: it makes a new version of the same content.
func (s *Server) setMetadata(w http.ResponseWriter, r *http.Request, key string, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	there := s.blobs[key]
	status, code := condition(r, there)
	switch {
	case status != 0:
		storagetest.Problem(w, status, code)
		return
	case there == nil:
		storagetest.Problem(w, http.StatusNotFound, "BlobNotFound")
		return
	}
	changed := *there
	changed.etag, changed.changed, changed.metadata = s.newTag(), time.Now(), metadataOf(r.Header)
	s.blobs[key] = &changed
	if lost {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("ETag", changed.etag)
	w.WriteHeader(http.StatusOK)
}

// putBlock implements Put Block: the block is stored until a list names it.
func (s *Server) putBlock(w http.ResponseWriter, r *http.Request, key string) {
	block, err := io.ReadAll(io.LimitReader(r.Body, maxBlock+1))
	if err != nil {
		return
	}
	id := r.URL.Query().Get("blockid")
	if len(block) == 0 || len(block) > maxBlock || id == "" {
		storagetest.Problem(w, http.StatusBadRequest, "InvalidHeaderValue")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blocks[key] == nil {
		s.blocks[key] = map[string][]byte{}
	}
	s.blocks[key][id] = block
	w.WriteHeader(http.StatusCreated)
}

// putBlockList implements Put Block List: it makes the blob from stored blocks. It does not support
// blocks of the present blob.
func (s *Server) putBlockList(w http.ResponseWriter, r *http.Request, key string, lost bool) {
	var list struct {
		Latest []string
	}
	if err := xml.NewDecoder(io.LimitReader(r.Body, maxBlockList)).Decode(&list); err != nil {
		storagetest.Problem(w, http.StatusBadRequest, "InvalidXmlDocument")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if status, code := condition(r, s.blobs[key]); status != 0 {
		storagetest.Problem(w, status, code)
		return
	}
	var content bytes.Buffer
	for _, id := range list.Latest {
		block, ok := s.blocks[key][id]
		if !ok {
			storagetest.Problem(w, http.StatusBadRequest, "InvalidBlockList")
			return
		}
		content.Write(block)
	}
	s.replace(w, r, key, slices.Clone(content.Bytes()), lost)
}

// remove implements Delete Blob.
func (s *Server) remove(w http.ResponseWriter, r *http.Request, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status, code := condition(r, s.blobs[key])
	switch {
	case status != 0:
		storagetest.Problem(w, status, code)
	case s.blobs[key] == nil:
		storagetest.Problem(w, http.StatusNotFound, "BlobNotFound")
	default:
		delete(s.blobs, key)
		w.WriteHeader(http.StatusAccepted)
	}
}
