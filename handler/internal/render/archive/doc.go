// Package archive makes PDF/A of a document that a renderer has printed: an incremental update with
// metadata, an output intent and attachments, and a check of the rules of ISO 19005-2 and -3 that
// such documents can break. What breaks one is never released.
//
// It draws nothing and changes no page content: a page looks after the update as it did before.
//
// Read first: append.go (the update), check.go (the rules), invoice.go (Factur-X and its kin).
package archive
