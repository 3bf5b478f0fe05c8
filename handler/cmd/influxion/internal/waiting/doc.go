// Package waiting tells a person what a command waits for: it prints a remark while a service is
// silent, and explains that --timeout has ended the wait.
//
// It must never change a request or an answer.
//
// All of it is in waiting.go.
package waiting
