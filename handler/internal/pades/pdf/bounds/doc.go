// Package bounds limits what reading one PDF file may cost, and defines the Error for a file that
// costs more or cannot be read. An Account charges the budget of the whole document for the same
// work and memory.
//
// It must never know the syntax of a file. A bound is never a verdict: it says nothing about the
// content of the file.
//
// Read first: limits.go, account.go.
package bounds
