// Package form reads the interactive form of a document and what its signatures still permit:
// fields and their widgets (ISO 32000-2, 12.7), the geometry of the pages that show them, and the
// restrictions of certifications and locks (DocMDP and FieldMDP, 12.8.2). It changes nothing. It
// must never guess: a field that cannot be read is an error, because it could hold a signature.
//
// Read field.go first, then restriction.go.
package form
