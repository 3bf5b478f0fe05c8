// Package reference finds what a page would make a browser fetch, and refuses everything but files
// that are permitted by their bare names. It reads HTML (the living standard of the WHATWG), SVG in
// HTML, and CSS (CSS Syntax Level 3).
//
// It is one of three defences: the page also has a Content-Security-Policy, and the renderer should
// have no access to a network. If browsers could read a page in more than one way, this package
// checks each of them. It must never let something pass that could be a reference to anything else.
//
// Read checker.go first (the permitted references), then html.go and css.go.
package reference
