// Package terminal writes for people: text, colours where they are wanted, and a progress line. It
// must never let a text of a document or of a server control the terminal. Read safe.go.
package terminal
