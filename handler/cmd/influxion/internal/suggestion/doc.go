// Package suggestion says which command or flag a misspelt one may stand for.
//
// It must never run anything in the place of what was typed.
//
// All of it is in suggestion.go.
package suggestion
