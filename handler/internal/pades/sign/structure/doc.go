// Package structure adds elements for widgets to the structure tree of a tagged document (ISO
// 32000-2, 14.7), as PDF/UA asks for (ISO 14289-1, 7.18.4).
//
// It must never change an element that is there, but for the lists that grow.
//
// Read tree.go first, then namespace.go (where Form is a form).
package structure
