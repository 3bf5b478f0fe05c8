// Package reference finds what a page would have a browser fetch, and refuses what is not a file of
// the request: HTML (the WHATWG's living standard), SVG in it, and CSS (CSS Syntax Level 3).
//
// It is one of three walls. The page also carries a Content-Security-Policy, and the renderer is to
// have no way to a network. So where browsers could read a page in more than one way, each of them
// is looked at, and what looks like a reference is one.
//
// Read first: checker.go (what may be referred to), html.go, css.go.
package reference
