package jobresult

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"influxion/handler/internal/pades"
)

// NotPassed is the error for a result that is known to be wrong, or whose signatures do not all
// pass.
type NotPassed struct{ why string }

func (e *NotPassed) Error() string { return "the result does not pass: " + e.why }

func notPassed(format string, values ...any) error { return &NotPassed{fmt.Sprintf(format, values...)} }

// Begins returns a *NotPassed unless the result begins with all bytes of the original.
func Begins(result, original *io.SectionReader) error {
	if result.Size() < original.Size() {
		return notPassed("it has %d bytes, and the original has %d", result.Size(), original.Size())
	}
	const piece = 64 << 10
	var ours, theirs [piece]byte
	for offset := int64(0); offset < original.Size(); offset += piece {
		n := min(piece, original.Size()-offset)
		for reader, into := range map[*io.SectionReader][]byte{original: ours[:n], result: theirs[:n]} {
			if _, err := reader.ReadAt(into, offset); err != nil && err != io.EOF {
				return fmt.Errorf("compare the result with the original: %w", err)
			}
		}
		if !bytes.Equal(ours[:n], theirs[:n]) {
			return notPassed("it does not begin with the original, which may have changed since it was submitted")
		}
	}
	return nil
}

// Trusted returns a *NotPassed unless all signatures pass.
func Trusted(found *pades.Report) error {
	why := ""
	for _, signature := range found.Signatures {
		if signature.Indication != pades.TotalPassed {
			why = ": " + strings.TrimSpace(string(signature.Indication)+" "+string(signature.SubIndication))
			break
		}
	}
	if found.Summary.Total == 0 || found.Summary.Passed != found.Summary.Total {
		return notPassed("%d of %d signatures do%s", found.Summary.Passed, found.Summary.Total, why)
	}
	return nil
}

// Integrity judges what stands behind the first bytes of a result, those of the original: signature
// values, digests and changes, whoever signed. With signs there must be a signature or document
// timestamp among it. What is wrong with the original itself does not count. The detail is for a
// state that was not evaluated, and the error a *NotPassed for one that is broken.
func Integrity(found *pades.Report, original int64, signs bool) (state pades.Integrity, detail string, err error) {
	state = pades.IntegrityIntact
	worse := func(than pades.Integrity, why string) {
		if state != pades.IntegrityBroken && than != pades.IntegrityIntact && state != than {
			state, detail = than, why
		}
	}
	added := false
	for _, signature := range found.Signatures {
		switch {
		case end(signature) > original:
			added = true
			worse(signature.Integrity, cmp.Or(signature.IntegrityDetail, "its signature is not intact"))
			if signature.Indication == pades.TotalFailed {
				worse(pades.IntegrityBroken, cmp.Or(signature.Detail, "its signature fails"))
			}
		case forbids(signature, found.Revisions, original):
			worse(pades.IntegrityBroken, "an earlier signature does not permit what was added")
		}
	}
	if signs && !added {
		worse(pades.IntegrityBroken, "it has no new signature")
	}
	for _, revision := range found.Revisions {
		switch {
		case revision.End <= original:
		case revision.Change == pades.ChangeOther:
			worse(pades.IntegrityBroken, "what was added changes the document: "+revision.Detail)
		case revision.Change == pades.ChangeNotEvaluated:
			worse(pades.IntegrityNotEvaluated, cmp.Or(revision.Detail, "its changes were not evaluated"))
		}
	}
	if state == pades.IntegrityBroken {
		err = notPassed("%s", detail)
	}
	return state, detail, err
}

// end is the offset behind what a signature covers; 0 = it is not known.
func end(signature pades.Signature) int64 {
	if len(signature.ByteRange) != 4 {
		return 0
	}
	return signature.ByteRange[2] + signature.ByteRange[3]
}

// forbids reports whether a signature forbids a revision that ends behind the original.
func forbids(signature pades.Signature, revisions []pades.Revision, original int64) bool {
	for _, number := range signature.ForbiddenRevisions {
		if number > 0 && number <= len(revisions) && revisions[number-1].End > original {
			return true
		}
	}
	return false
}
