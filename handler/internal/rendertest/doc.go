// Package rendertest is a small renderer for tests: it speaks Gotenberg's HTTP API over loopback
// and answers each page with a PDF that has its title and no text.
//
// It must never judge a page, nor be linked into the handler. All of it is in gotenberg.go.
package rendertest
