package server_test

import (
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/server"
)

// TestHead sends with HEAD what the scripts send with GET, to a server of the same kind. Status and
// header are the same, and there is no body.
func TestHead(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../testdata/api/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, path := range paths {
		for _, x := range parseScript(t, path) {
			if !strings.HasPrefix(x.request[0], http.MethodGet) {
				continue
			}
			asked++
			t.Run(filepath.Base(path)+"/"+x.title, func(t *testing.T) {
				t.Parallel()
				var changes []func(*server.Config)
				for _, given := range x.given {
					changes = append(changes, faults()[given])
				}
				a := newAPI(t, changes...)
				get, _ := x.build(t, a, nil)
				head, _ := x.build(t, a, nil)
				head.Method = http.MethodHead
				want, length := answerTo(t, a, get)
				got, none := answerTo(t, a, head)
				if got.StatusCode != want.StatusCode || none != 0 {
					t.Errorf("got %d with %d bytes, want %d without any", got.StatusCode, none, want.StatusCode)
				}
				for _, header := range []http.Header{got.Header, want.Header} {
					header.Del("Date")
					header.Del("Influxion-Invocation-Id")
					header.Del("Server-Timing")
				}
				if got.ContentLength != length || !maps.EqualFunc(got.Header, want.Header, slices.Equal) {
					t.Errorf("got the header %v, want %v", got.Header, want.Header)
				}
			})
		}
	}
	if asked < 20 {
		t.Errorf("got %d requests with GET, want those of all scripts", asked)
	}
}

// answerTo gives the answer to a request and the bytes of its body.
func answerTo(t *testing.T, a *api, request *http.Request) (*http.Response, int64) {
	t.Helper()
	response, err := a.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, n
}
