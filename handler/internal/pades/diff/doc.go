// Package diff compares the revisions of a document: it says what each incremental update (ISO
// 32000-2, 7.5.6) changed of what readers show, and whether the certification and the locks of a
// signature permit that (12.8.2). It must never pass a change that it does not understand: what
// cannot be compared is ChangeOther.
//
// Read comparer.go first, which goes from revision to revision, then known.go (what the signed
// revision reaches, and as what) and step.go (what an update defines, judged in each of its roles).
package diff
