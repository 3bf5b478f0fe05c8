// Package waiting says what a command waits for: a remark while a service is silent, and the end of
// --timeout in the words of a person.
//
// It must never change a request or an answer.
//
// All of it is in waiting.go.
package waiting
