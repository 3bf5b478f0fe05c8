// Package rendertest is a small renderer for tests: it speaks Gotenberg's HTTP API over loopback
// and answers each page with a PDF that has its title and no text. Beside it are templates and
// pages that are made to cost much, and what starts the other renderer, cmd/renderer.
//
// It must never judge a page, nor be linked into the handler. Read gotenberg.go first.
package rendertest
