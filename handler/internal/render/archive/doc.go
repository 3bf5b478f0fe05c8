// Package archive turns a document that a renderer has printed into PDF/A. It appends an
// incremental update with metadata, an output intent and attachments. Then it checks the rules of
// ISO 19005-2 and -3 that such documents can break.
//
// It must never accept a document that breaks one of these rules, nor draw anything or change page
// content: a page looks the same before and after the update.
//
// Read append.go first (the update), then check.go (the rules) and invoice.go (Factur-X and
// XRechnung).
package archive
