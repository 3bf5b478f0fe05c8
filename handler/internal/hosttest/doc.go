// Package hosttest is a small Azure Functions host for whole-program tests and for the local Azure.
// It reads host.json and function.json, and runs the custom handler as a child process. It serves
// functions with an HTTP trigger on loopback, in the proxying and in the forwarding mode. It runs
// functions with a queue or a timer trigger in the payload mode. It follows the host's source,
// version 4.1037, and Microsoft's documentation of custom handlers.
//
// Like func start of Core Tools, it does not check function keys. The package must never be linked
// into the handler, and must never listen beyond loopback.
//
// Read host.go first, then worker.go (the process), reverseproxy.go and forward.go (the modes of
// HTTP triggers), and trigger.go, listener.go and invocation.go (the other triggers).
package hosttest
