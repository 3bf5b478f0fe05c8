// Package memory counts the memory of all requests before it is taken: documents, the images that
// come with them, and the work on them. Callers take turns. A request that finds too little free
// memory waits for a short time. Then its error says that the server is busy, and when to try
// again.
//
// It must never let one caller keep all others out, nor show a request the bytes of another's
// document: memory that is lent again is wiped.
//
// Read pool.go first, then admission.go (who waits, and whose turn it is), reservation.go,
// workingmemory.go (the work on documents) and readdocument.go.
package memory
