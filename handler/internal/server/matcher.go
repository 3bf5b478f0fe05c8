package server

import (
	"net/http"
	"slices"
	"strings"
)

// matcher finds routes by what a request says. What that takes of the routes is made once: requests
// are many.
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

// find gives the route with a pattern that takes a method, else the methods that the pattern has.
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

// pattern is the path as the router spells it.
func (r *Route) pattern() string { return strings.NewReplacer("{", ":", "}", "").Replace(r.Path) }

// folded gives the request with the literals of its path in the case that its route has. The
// Functions host matches paths without regard to case, and passes them on as the caller wrote them.
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

// fold does not change parameters, nor a path that no route has.
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

// alike reports whether the segments of a path are those of a route, but for their case.
func alike(spelling, segments []string) bool {
	for i, literal := range spelling {
		if !parametric(literal) && !strings.EqualFold(literal, segments[i]) {
			return false
		}
	}
	return true
}

func parametric(segment string) bool { return strings.HasPrefix(segment, "{") }
