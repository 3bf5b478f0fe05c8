// Package reportfile writes reports on signatures to files and to stdout: their flags, their names,
// and their formats.
//
// It must never replace a file without --force, nor let two reports have one name.
//
// All of it is in reportfile.go.
package reportfile
