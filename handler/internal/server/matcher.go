package server

import (
	"net/http"
	"slices"
	"strings"
)

// matcher finds the route of a request. Its tables are built once and not for each request.
type matcher struct {
	byPattern map[string][]*Route
	spellings [][]string // the segments of each path
	longest   int        // segments of a path
}

func newMatcher(routes []Route) *matcher {
	m := &matcher{byPattern: map[string][]*Route{}}
	for i := range routes {
		pattern := routes[i].pattern()
		m.byPattern[pattern] = append(m.byPattern[pattern], &routes[i])
		spelling := strings.Split(routes[i].Path, "/")
		m.spellings, m.longest = append(m.spellings, spelling), max(m.longest, len(spelling))
	}
	return m
}

// find returns the route with the pattern and the method. If there is none, it returns the methods
// of the pattern.
func (m *matcher) find(method, pattern string) (route *Route, allow []string) {
	for _, route := range m.byPattern[pattern] {
		methods := route.Methods()
		if slices.Contains(methods, method) {
			return route, nil
		}
		allow = append(allow, methods...)
	}
	return nil, allow
}

// pattern is the path in the syntax of the router.
func (r *Route) pattern() string { return strings.NewReplacer("{", ":", "}", "").Replace(r.Path) }

// folded returns the request with the literal segments of its path in the case of its route. The
// Functions host ignores the case of paths, and forwards them as the caller wrote them.
func (m *matcher) folded(r *http.Request) *http.Request {
	path, rawPath := m.fold(r.URL.Path), m.fold(r.URL.RawPath)
	if path == r.URL.Path && rawPath == r.URL.RawPath {
		return r
	}
	other, address := *r, *r.URL // a handler must not change its request
	address.Path, address.RawPath = path, rawPath
	other.URL = &address
	return &other
}

// fold leaves parameters unchanged, and paths that match no route.
func (m *matcher) fold(path string) string {
	if path == "" {
		return path
	}
	segments := strings.SplitN(path, "/", m.longest+1)
	for _, spelling := range m.spellings {
		if len(spelling) != len(segments) || !alike(spelling, segments) {
			continue
		}
		for i, literal := range spelling {
			if !parametric(literal) {
				segments[i] = literal
			}
		}
		return strings.Join(segments, "/")
	}
	return path
}

// alike reports whether the segments of a path are those of a route, but for the case of ASCII
// letters.
func alike(spelling, segments []string) bool {
	for i, literal := range spelling {
		// A letter that only folds to an ASCII letter, such as the long s, is longer. A gateway in
		// front of this server would not take the path for this route.
		if !parametric(literal) && (len(literal) != len(segments[i]) || !strings.EqualFold(literal, segments[i])) {
			return false
		}
	}
	return true
}

func parametric(segment string) bool { return strings.HasPrefix(segment, "{") }
