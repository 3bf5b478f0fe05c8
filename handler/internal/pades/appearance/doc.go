// Package appearance draws the content of a visible signature: a form XObject (ISO 32000-2, 8.10)
// that holds text in an embedded subset font, an image, or both, laid out in a box. It must never
// know form fields, pages or signatures.
//
// Texts, images and fonts come from outside, so the package reads them within bounds. Every part of
// PDF/A permits its output: fonts are embedded, colours do not depend on a device, and there is no
// transparency unless Content allows it. Text is ordered by the Unicode bidirectional algorithm
// (UAX 9) without its rule for brackets, N0. Arabic letters are joined. The package refuses scripts
// that need a shaping engine, because wrong letters over a signature are worse than none.
//
// Read first: appearance.go, then typesetting.go. text.go, font.go and picture.go draw the three
// kinds of content.
package appearance
