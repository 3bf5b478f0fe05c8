// Package trigger takes the calls by which the Functions host runs functions that no HTTP request
// starts: for a message of the queue of jobs, and for a tick of the timer. The host calls POST /Job
// and POST /Sweep in the payload mode of custom handlers.
//
// The package takes nothing from a message but the ID of a job. The record of the job says what is
// done, and for whom. The package must never answer without a body, because the host takes an empty
// body for no answer. It must never serve a request that a client has sent. Such requests come
// below /api alone.
//
// Read handler.go first, then payload.go. Source: "Azure Functions custom handlers", request and
// response payload.
package trigger
