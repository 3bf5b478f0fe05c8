// Package appearance draws what a visible signature shows: a form XObject (ISO 32000-2, 8.10) of
// text in an embedded subset font and of an image, laid out in a box. It must never know fields,
// pages or signatures.
//
// Texts, images and fonts come from outside and are read within bounds. What it writes is fit for
// every part of PDF/A: fonts are embedded, colours do not depend on a device, and there is no
// transparency unless Content allows it. Text is set in the order of the Unicode bidirectional
// algorithm, without its rule for brackets; Arabic letters are joined. Scripts whose letters need a
// shaping engine are refused, because wrong letters over a signature are worse than none.
//
// Read first: appearance.go, then the file of what is drawn: text, font, image.
package appearance
