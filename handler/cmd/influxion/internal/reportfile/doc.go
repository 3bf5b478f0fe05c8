// Package reportfile writes reports on signatures to files and to stdout: their flags, their names,
// and their formats.
//
// It must never replace a file without --force, nor give two reports the same name.
//
// All of it is in reportfile.go.
package reportfile
