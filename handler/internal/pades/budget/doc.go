// Package budget counts what the work on one document takes, apart from the document itself:
// memory, before it is taken; processor time; and questions to trust services. All work for one
// request is charged to one Budget, which the request's context carries, as it does the deadline.
//
// It must never let a document take more because it is opened several times: a Budget belongs to
// the request, not to one reading of the document. Read budget.go first, then question.go and
// limits.go.
package budget
