// Package report shows a verification report to people: one model (page) and a template each for an
// HTML page, for plain text and for a terminal. What a person needs to decide comes first: the
// verdict in plain words; then, apart from each other, whether the signed content is intact,
// whether the signer is trusted, and what was changed afterwards; details come last.
//
// It judges nothing: every statement follows from a member of pades.Report. It must never let a
// text of a document or of a certificate write beyond its place: harmless cleans every text before
// a template sees it, and the page of HTML runs nothing and loads nothing.
//
// Read first: reportpage.go (the model), signatureentry.go (one signature), report.html.
package report
