package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
)

// report makes the report from the findings.
func (e *examination) report(findings []pades.Signature) *pades.Report {
	r := &pades.Report{
		Document:     pades.DocumentIdentity{SHA256: hex.EncodeToString(e.sum), Size: e.doc.Size()},
		VerifiedAt:   e.trust.Time,
		TrustAnchors: []string{},
		Limits:       limits(),
		Summary:      pades.Summarize(findings),
		Revisions:    e.revisions(),
		Signatures:   findings,
		Unjudged:     append([]pades.Unjudged{}, e.aside.all...),
	}
	for _, anchor := range e.trust.Anchors {
		sum := sha256.Sum256(anchor.Raw)
		r.TrustAnchors = append(r.TrustAnchors, hex.EncodeToString(sum[:]))
	}
	r.Verdict = overall(r)
	return r
}

// limits are the bounds of this package and of package chain that a verdict can refer to.
func limits() map[string]int64 {
	all := map[string]int64{
		"signatures": maxSignatures, "timestamps_per_signature": maxTimestamps,
		"embedded_certificate_bytes": maxEmbedded, "revisions": maxRevisions, "field_lock_comparisons": maxLockWork,
		"searched_object_stream_bytes": maxSearchedBytes,
	}
	maps.Copy(all, chain.Limits())
	return all
}
