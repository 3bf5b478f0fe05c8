package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"influxion/handler/internal/idempotency"
	"influxion/handler/internal/jobs"
	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/csc"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

const headerIdempotencyKey = "Idempotency-Key"

// maxIdempotencyKey is the longest key, in characters.
const maxIdempotencyKey = 255

// onceOnly is the state of a request with an Idempotency-Key.
type onceOnly struct {
	key   string // of the entry; "" = the request has none
	entry idempotency.Entry
	begun bool // the entry is this request's own, if it is there
}

// replay is an answer that was given before. It is returned as an error, so that the endpoint does
// nothing more.
type replay struct{ answer *answer.Answer }

func (*replay) Error() string { return "the answer was given before" }

// keyOf reads the key of a request. It refuses every key if there is no storage that all instances
// share: without one, a request could be carried out twice.
func (s *Server) keyOf(x *exchange) error {
	values := x.request.Header.Values(headerIdempotencyKey)
	if len(values) == 0 || !x.route.Idempotent {
		return nil
	}
	if s.config.Idempotency == nil {
		return &statusError{http.StatusNotImplemented, nil, &signing.Error{Kind: signing.Unavailable,
			Code:   "idempotency_unsupported",
			Detail: "this deployment has no storage for jobs, which an Idempotency-Key needs"}}
	}
	text := values[0]
	if inner, quoted := strings.CutPrefix(text, `"`); quoted && strings.HasSuffix(inner, `"`) {
		text = inner[:len(inner)-1] // a string of RFC 9651, as the draft has it
	}
	if len(values) > 1 || text == "" || len(text) > maxIdempotencyKey ||
		strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
		return invalidRequest("idempotency_key_invalid",
			"Idempotency-Key is not one string of 1 to 255 visible characters", nil)
	}
	p := x.principal
	x.once.key = idempotency.Key(p.TenantID, p.ObjectID, p.ClientID, x.route.Path+" "+text)
	return nil
}

// begin notes that a request with a key is in progress, together with a digest of what it asks for.
// If a request with the key has been answered before, the error is a *replay with that answer.
func (s *Server) begin(ctx context.Context, x *exchange, asked ...[]byte) error {
	if x.once.key == "" {
		return nil
	}
	hash := sha256.New()
	for _, part := range append(asked, []byte(x.route.Method), []byte(x.route.Path),
		[]byte(strings.Join(x.request.Header.Values("Accept"), ","))) {
		sum := sha256.Sum256(part)
		hash.Write(sum[:])
	}
	x.once.entry = idempotency.Entry{Fingerprint: hex.EncodeToString(hash.Sum(nil)), Begun: s.config.Now().UTC(),
		Token: rand.Text()}
	found, err := s.config.Idempotency.Begin(ctx, x.once.key, x.once.entry)
	// After an error the entry may be there all the same. Unless keep removes it, the caller that
	// asks again would hear that its request is in progress.
	x.once.begun = found == nil
	switch {
	case err != nil:
		return storeError(err)
	case found == nil:
		return nil
	case found.Fingerprint != x.once.entry.Fingerprint:
		return &signing.Error{Kind: signing.Unprocessable, Code: "idempotency_key_reused",
			Detail: "the Idempotency-Key was used before with another content"}
	case !found.Done:
		return &statusError{http.StatusConflict, http.Header{"Retry-After": {"5"}}, &signing.Error{
			Kind: signing.InvalidRequest, Code: "idempotency_in_progress",
			Detail: "a request with the same Idempotency-Key is being processed"}}
	}
	return s.replay(ctx, x, found)
}

// replay returns the answer of an entry as a *replay.
func (s *Server) replay(ctx context.Context, x *exchange, entry *idempotency.Entry) error {
	// The body is read while the answer is written. The route's deadline does not apply to that.
	body, err := s.config.Idempotency.Open(context.WithoutCancel(ctx), x.once.key, entry)
	if errors.Is(err, idempotency.ErrGone) {
		err = &signing.Error{Kind: signing.Unavailable, Code: "jobs_unavailable",
			Detail: "the answer is being replaced; try again", Err: err}
	}
	if err != nil {
		return storeError(err)
	}
	header := entry.Header.Clone()
	media := header.Get("Content-Type")
	header.Del("Content-Type")
	return &replay{&answer.Answer{Status: entry.Status, MediaType: media, Header: header,
		Body: answer.Stream(entry.Size, body)}}
}

// keepTime bounds how long storing an answer may hold it up.
const keepTime = 30 * time.Second

// keep stores the answer of a request with a key. why is the error that the answer reports; nil =
// none. keep does not store an answer that can change when the request is repeated, such as 503, or
// that of a caller who has left and will repeat the request.
func (s *Server) keep(ctx context.Context, x *exchange, a *answer.Answer, why error) {
	if !x.once.begun {
		return
	}
	gone := why != nil && signing.AsError(why).Code == codeGone
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	var err error
	if gone || a.Status >= http.StatusInternalServerError || a.Status == http.StatusTooManyRequests {
		err = s.config.Idempotency.Cancel(ctx, x.once.key, x.once.entry)
	} else {
		entry := x.once.entry
		entry.Status, entry.Size, entry.Header = a.Status, a.Body.Size(), a.Header.Clone()
		if entry.Header == nil {
			entry.Header = http.Header{}
		}
		entry.Header.Set("Content-Type", a.MediaType)
		err = s.config.Idempotency.Finish(ctx, x.once.key, entry, func(w io.Writer) error {
			_, err := a.Body.WriteTo(w)
			return err
		})
		answer.Rewind(a.Body)
	}
	if err != nil {
		s.config.Logger.Warn("answer not kept for its Idempotency-Key", "invocation_id", x.invocation,
			"error", err.Error())
	}
}

// beginAppend is begin for a request that signs, extends or timestamps a document.
func (s *Server) beginAppend(ctx context.Context, x *exchange, asked *request.Request) error {
	return s.beginDocument(ctx, x, asked, asked.JSON)
}

// beginVerify is begin for a request that verifies a document.
func (s *Server) beginVerify(ctx context.Context, x *exchange, asked *request.Request) error {
	return s.beginDocument(ctx, x, asked, asked.Seal, asked.Name)
}

// beginDocument is begin for a request about a document. others are what it asks for beside the
// options of signing.
func (s *Server) beginDocument(ctx context.Context, x *exchange, asked *request.Request, others ...any) error {
	if x.once.key == "" {
		return nil
	}
	digest, err := asked.Digest()
	if err != nil {
		return err
	}
	options, err := json.Marshal(append(others, jobs.NewOptions(asked.Signing)))
	if err != nil {
		return fmt.Errorf("encode options: %w", err)
	}
	return s.begin(ctx, x, digest, options)
}

// beginHashes is begin for a request that signs or timestamps hashes.
func (s *Server) beginHashes(ctx context.Context, x *exchange, body []byte) error {
	if x.once.key == "" {
		return nil
	}
	return s.begin(ctx, x, []byte(strings.ToLower(x.name)), csc.Asked(body))
}

// beginGenerate is begin for a request that generates a document.
func (s *Server) beginGenerate(ctx context.Context, x *exchange, asked *request.Generation) error {
	if x.once.key == "" {
		return nil
	}
	hash := sha256.New()
	err := json.NewEncoder(hash).Encode([]any{jobs.NewGeneration(&asked.Render), jobs.NewOptions(asked.Signing),
		asked.Sign})
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	return s.begin(ctx, x, hash.Sum(nil))
}
