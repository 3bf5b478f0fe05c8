// Package outfile writes each file completely or not at all. It writes to a temporary file in the
// same folder, syncs it, and then renames it in one step. It must never leave half a document under
// the requested name. Read outfile.go.
package outfile
