// Package jobresult judges what a job made of a document, on the machine that asked for it.
//
// It must never take the service's word, or call a signature intact that was not evaluated.
//
// All of it is in jobresult.go.
package jobresult
