// Package input finds and opens the documents that a command line names: files, folders that stand
// for the PDFs in them, and stdin. It reads the password of encrypted documents from a file.
//
// It must never follow a link to a folder, treat the result of an earlier run as a document, or
// take a password from the command line.
//
// Read first: sources.go. Passwords are in password.go.
package input
