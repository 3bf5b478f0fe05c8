// Package guid reads and makes GUIDs as Azure writes them: the 36 characters of RFC 9562, section
// 4. It must never take another form that a UUID may have, such as braces or a URN: what is
// compared and logged is the text. All of it is in guid.go.
package guid
