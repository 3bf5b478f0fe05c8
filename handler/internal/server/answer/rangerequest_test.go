package answer

import (
	"errors"
	"net/http"
	"testing"
)

func TestAskedSpan(t *testing.T) {
	t.Parallel()
	whole, none := Span{-1, 0}, Span{-2, 0}
	for _, test := range []struct {
		field, condition string
		want             Span
	}{
		{"bytes=0-0", "", Span{0, 1}}, {"bytes=0-9", "", Span{0, 10}}, {"bytes=0-10", "", Span{0, 10}},
		{"bytes=3-", "", Span{3, 7}}, {"bytes=9-", "", Span{9, 1}}, {"bytes=-1", "", Span{9, 1}},
		{"bytes=-10", "", Span{0, 10}}, {"bytes=-99", "", Span{0, 10}}, {"Bytes = 2-3", "", Span{2, 2}},
		{"bytes=0-99999999999999999999", "", Span{0, 10}},
		{"bytes=10-", "", none}, {"bytes=10-20", "", none}, {"bytes=-0", "", none},
		{"bytes=99999999999999999999-", "", none},
		{"", "", whole}, {"bytes=", "", whole}, {"bytes=-", "", whole}, {"bytes=a-b", "", whole},
		{"bytes=5-3", "", whole}, {"bytes=+1-2", "", whole}, {"bytes=1--2", "", whole}, {"lines=0-1", "", whole},
		{"bytes=0-1,3-4", "", whole}, {"bytes 0-1", "", whole},
		{"bytes=0-1", `"e"`, Span{0, 2}}, {"bytes=0-1", `"f"`, whole}, {"bytes=0-1", `W/"e"`, whole},
		{"bytes=0-1", "Sun, 29 Nov 2026 12:00:00 GMT", whole}, {"bytes=10-", `"f"`, whole},
	} {
		r := &http.Request{Method: http.MethodGet, Header: http.Header{}}
		if test.field != "" {
			r.Header.Set("Range", test.field)
		}
		if test.condition != "" {
			r.Header.Set("If-Range", test.condition)
		}
		got, err := AskedSpan(r, `"e"`, 10)
		switch {
		case test.want == none && !errors.Is(err, ErrUnsatisfiable):
			t.Errorf("got %v, %v for %q, want 416", got, err, test.field)
		case test.want == none:
		case err != nil || test.want == whole && got != nil || test.want != whole && (got == nil || *got != test.want):
			t.Errorf("got %v, %v for %q with %q, want %v", got, err, test.field, test.condition, test.want)
		}
	}
}

// For any request, the part lies within the document.
func FuzzAskedSpan(f *testing.F) {
	for _, seed := range []string{"bytes=0-0", "bytes=-5", "bytes=5-", "bytes=9223372036854775807-", "bytes=0-1,2-3"} {
		f.Add(seed, int64(10))
	}
	f.Fuzz(func(t *testing.T, field string, size int64) {
		if size < 0 {
			return
		}
		r := &http.Request{Method: http.MethodGet, Header: http.Header{"Range": {field}}}
		got, err := AskedSpan(r, `"e"`, size)
		if got != nil && (err != nil || got.From < 0 || got.Length < 1 || got.From+got.Length > size ||
			got.From+got.Length < got.From) {
			t.Errorf("got %+v of %d bytes for %q", got, size, field)
		}
	})
}
