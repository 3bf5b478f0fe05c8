// Package input finds and opens the documents that a command line names: files, folders that stand
// for the PDFs in them, and stdin.
//
// It must never follow a link to a folder, nor take the result of an earlier run for a document.
//
// All of it is in sources.go.
package input
