// Package rendertest is a small renderer for tests. It speaks Gotenberg's HTTP API over loopback
// and answers each page with a PDF that has the page's title and no text. The package also has
// templates and pages that are made to be expensive, and code that starts the other renderer,
// cmd/renderer.
//
// It must never judge a page, nor be linked into the handler. Read gotenberg.go first.
package rendertest
