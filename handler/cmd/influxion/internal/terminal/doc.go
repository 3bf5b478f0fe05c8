// Package terminal writes for people: text, colours where they are wanted, and a progress line. It
// must never let text from a document or a server control the terminal. Read safe.go.
package terminal
