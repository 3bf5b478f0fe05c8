// Package structure adds elements for widgets to the structure tree of a tagged document (ISO
// 32000-2, 14.7), as PDF/UA requires (ISO 14289-1, 7.18.4).
//
// It must never change an existing element, except that it may append to lists.
//
// Read tree.go first, then namespace.go (in which namespaces the type Form is a form).
package structure
