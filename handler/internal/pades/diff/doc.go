// Package diff compares the revisions of a document. It classifies what each incremental update
// (ISO 32000-2, 7.5.6) changes of what readers show, and decides whether the certification and the
// locks of a signature permit that (12.8.2).
//
// It must never accept a change that it does not understand: what cannot be compared is
// ChangeOther.
//
// Read comparer.go first: it goes from revision to revision. Then read knownroles.go (which objects
// the signed revision reaches, and in which roles) and judgechanges.go (which objects an update
// defines, each judged in all of its roles).
package diff
