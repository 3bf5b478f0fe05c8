package hosttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxForwarded bounds an answer in the forwarding mode, in bytes. That mode holds the whole answer
// in memory.
const maxForwarded = 512 << 20

// forward is the older mode, enableForwardingHttpRequest: the host builds a new request and keeps
// the whole answer in memory. If the client leaves, the call continues, because nothing tells the
// handler.
func (h *Host) forward(w http.ResponseWriter, r *http.Request, id string) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	if h.config.FunctionTimeout > 0 {
		limit := time.AfterFunc(h.config.FunctionTimeout+time.Minute, cancel)
		defer limit.Stop()
	}
	type result struct {
		answer *answer
		err    error
	}
	results := make(chan result, 1)
	request := h.forwarded(ctx, r, id)
	go func() {
		answer, err := h.exchange(request)
		results <- result{answer, err}
	}()
	limit := time.NewTimer(h.config.AnswerTimeout)
	defer limit.Stop()
	select {
	case <-limit.C:
		h.say(Error, "Failed to answer (Id=%s): %v", id, errAnswerTimeout)
		w.Header().Set("Connection", "close")
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusBadGateway)
		http.NewResponseController(w).Flush()
		<-results // the client has its answer, but the invocation continues
	case got := <-results:
		if got.err != nil {
			h.say(Error, "Failed to forward request (Id=%s): %v", id, got.err)
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		got.answer.write(w)
	}
}

// forwarded builds the handler's request from the client's.
func (h *Host) forwarded(ctx context.Context, r *http.Request, id string) *http.Request {
	out := &http.Request{
		Method: r.Method,
		URL: &url.URL{Scheme: "http", Host: h.handlerAddress(), Path: r.URL.Path, RawPath: r.URL.RawPath,
			RawQuery: foldQuery(r.URL.RawQuery)},
		Header: r.Header.Clone(),
		Host:   r.Host,
	}
	dropHopByHop(out.Header)
	fold(out.Header)
	// .NET stores these headers with a body's content. The host copies two of them, and only if
	// there is content.
	contentType := out.Header.Get("Content-Type")
	for _, name := range []string{"Allow", "Content-Disposition", "Content-Encoding", "Content-Language",
		"Content-Length",
		"Content-Location", "Content-Md5", "Content-Range", "Content-Type", "Expires", "Last-Modified"} {
		out.Header.Del(name)
	}
	if r.ContentLength > 0 {
		out.Body, out.ContentLength = &body{ReadCloser: r.Body, left: h.config.BodyLimit}, r.ContentLength
		if contentType != "" {
			out.Header.Set("Content-Type", contentType)
		}
	}
	addTrace(out.Header)
	behind(out.Header, headerInvocation, ", ", id)
	behind(out.Header, headerHostVersion, ", ", Version)
	behind(out.Header, "User-Agent", " ", "Azure-Functions-Host/"+Version)
	return out.WithContext(ctx)
}

// behind appends a value to what the client sent in the header, if anything.
func behind(header http.Header, name, separator, value string) {
	if before := header.Get(name); before != "" {
		value = before + separator + value
	}
	header.Set(name, value)
}

// answer is a whole response.
type answer struct {
	status int
	header http.Header
	body   []byte
	length string // Content-Length of an answer to HEAD
}

func (h *Host) exchange(request *http.Request) (*answer, error) {
	response, err := h.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxForwarded+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(content) > maxForwarded {
		return nil, errors.New("the answer is too large")
	}
	dropHopByHop(response.Header)
	return &answer{response.StatusCode, response.Header, content, response.Header.Get("Content-Length")}, nil
}

func (a *answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.length == "" && bodyAllowed(a.status) {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	w.Write(a.body) // an error means that the client has left
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// hopByHop are the headers for one connection only: RFC 9110, section 7.6.1, and others that
// proxies drop.
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
	"Te", "Trailer",
	"Transfer-Encoding", "Upgrade"}

func dropHopByHop(header http.Header) {
	for _, value := range header.Values("Connection") {
		for name := range strings.SplitSeq(value, ",") {
			header.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop {
		header.Del(name)
	}
}

// foldQuery rebuilds a query as the host does from its dictionary: one entry for each key in any
// letter case, the values of a repeated key joined with commas.
func foldQuery(query string) string {
	var order, values []string
	index := map[string]int{}
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, value = unescape(name), unescape(value)
		if i, ok := index[strings.ToLower(name)]; ok {
			values[i] += "," + value
			continue
		}
		index[strings.ToLower(name)] = len(order)
		order, values = append(order, name), append(values, value)
	}
	var folded strings.Builder
	for i, name := range order {
		if i > 0 {
			folded.WriteByte('&')
		}
		folded.WriteString(escape(name) + "=" + escape(values[i]))
	}
	return folded.String()
}

// unescape leaves text unchanged that is not validly encoded.
func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// escape does not escape the comma, as .NET's encoder does not.
func escape(text string) string {
	return strings.NewReplacer("+", "%20", "%2C", ",").Replace(url.QueryEscape(text))
}
