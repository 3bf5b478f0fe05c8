// Package trigger takes the calls by which the Functions host runs functions that no HTTP request
// starts: for a message of the queue of jobs, and for a tick of the timer. The host calls POST /Job
// and POST /Sweep in the payload mode of custom handlers.
//
// A message is believed nothing but the ID of a job: what is done, and for whom, is in the record
// of the job. The package must never answer without a body, since the host takes that for no
// answer, and never serve a request that a client has sent. Those come below /api alone.
//
// Read handler.go first, then payload.go. Source: "Azure Functions custom handlers", request and
// response payload.
package trigger
