// Package hosttest is a small Azure Functions host for whole-program tests and for the local Azure.
// It reads host.json and function.json, runs the custom handler as a child process and serves its
// functions: those with an HTTP trigger on loopback, in the proxying and in the forwarding mode,
// and those with a queue or a timer trigger in the payload mode. It follows the host's source,
// version 4.1037, and Microsoft's documentation of custom handlers.
//
// As in Core Tools' func start, function keys are not checked. The package must never be linked
// into the handler, and must never listen beyond loopback.
//
// Read host.go first, then worker.go (the process), reverseproxy.go and forward.go (the modes of
// HTTP triggers), and trigger.go, listener.go and invocation.go (the other triggers).
package hosttest
