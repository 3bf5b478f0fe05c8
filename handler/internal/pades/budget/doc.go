// Package budget counts what the work on one document takes beside the document itself: memory,
// before it is taken, processor time, and questions to others. All that reads the document for one
// request draws on one Budget, which goes with the request's context, as its deadline does.
//
// It must never let a document take more because it is opened more often: a Budget belongs to the
// request, not to a reading.
package budget
