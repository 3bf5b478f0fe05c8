// Package budget counts what the work on one document takes, apart from the document itself:
// memory, before it is taken; processor time; and questions to trust services. All work for one
// request is charged to one Budget. The request's context carries the Budget, as it carries the
// deadline.
//
// It must never let a document take more because it is opened several times: a Budget belongs to
// the request, not to one reading of the document. Read first: budget.go, then question.go and
// limits.go.
package budget
