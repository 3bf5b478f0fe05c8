// Package pdftest makes PDF files for tests and for the local Azure: small ones of any shape, from the
// text of their objects, and samples of a given size. It must never be linked into the handler. Read
// file.go.
package pdftest
