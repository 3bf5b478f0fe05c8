// Package pdftest makes PDF files (ISO 32000-2) for tests and for the local Azure: small files of
// any shape, from the text of their objects; samples of a given size; and files that are broken,
// hostile or costly to read. It must never be linked into the handler.
//
// Read file.go first, then hostile.go and broken.go.
package pdftest
