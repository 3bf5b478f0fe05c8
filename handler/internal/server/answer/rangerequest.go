package answer

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// ErrUnsatisfiable is the error for a range outside of the document: RFC 9110, section 15.5.17.
var ErrUnsatisfiable = errors.New("the range lies outside of the document")

// Span is a part of a document, in bytes.
type Span struct{ From, Length int64 }

// AskedSpan is the part that a request asks for, of a document with this ETag and size; nil = the
// whole. It ignores a range that it does not understand and a request for several ranges, as RFC
// 9110, section 14.2, allows. It also ignores a range if If-Range names another version (section
// 13.1.5). Its error is ErrUnsatisfiable.
func AskedSpan(r *http.Request, etag string, size int64) (*Span, error) {
	values := r.Header.Values("Range")
	if len(values) != 1 || r.Method != http.MethodGet {
		return nil, nil
	}
	if condition := r.Header.Values("If-Range"); len(condition) > 0 && (len(condition) > 1 || condition[0] != etag) {
		return nil, nil
	}
	unit, text, _ := strings.Cut(values[0], "=")
	first, last, found := strings.Cut(strings.TrimSpace(text), "-")
	if !strings.EqualFold(strings.TrimSpace(unit), "bytes") || !found || strings.Contains(text, ",") {
		return nil, nil
	}
	if first == "" { // the last bytes
		count, ok := position(last)
		switch {
		case !ok:
			return nil, nil
		case count == 0 || size == 0:
			return nil, ErrUnsatisfiable
		}
		count = min(count, size)
		return &Span{size - count, count}, nil
	}
	from, ok := position(first)
	to, toOK := size-1, true
	if last != "" {
		to, toOK = position(last)
	}
	switch {
	case !ok || !toOK || last != "" && to < from:
		return nil, nil
	case from >= size:
		return nil, ErrUnsatisfiable
	}
	return &Span{from, min(to, size-1) - from + 1}, nil
}

// position reads a number of bytes; one that is too large stands for the largest.
func position(text string) (int64, bool) {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 1<<63 - 1, true
	}
	return n, true
}
