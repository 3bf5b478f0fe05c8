package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/diff"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// report makes the report from the findings.
func (e *examination) report(findings []pades.Signature) *pades.Report {
	r := &pades.Report{
		Document:     pades.DocumentIdentity{SHA256: hex.EncodeToString(e.sum), Size: e.doc.Size()},
		VerifiedAt:   e.trust.Time,
		TrustAnchors: []string{},
		Limits:       limits(e.doc.Size()),
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

// limits are the bounds that a verdict on a document of a size can refer to.
func limits(size int64) map[string]int64 {
	document, file := budget.For(size), pdf.DefaultLimits()
	all := map[string]int64{
		"signatures": maxSignatures, "timestamps_per_signature": maxTimestamps,
		"embedded_certificate_bytes": maxEmbedded, "revisions": maxRevisions, "field_lock_comparisons": maxLockWork,
		"searched_object_stream_bytes": maxSearchedBytes, "memory_bytes": document.Memory, "work": document.Work,
		"objects": int64(file.Objects), "cross_reference_sections": int64(file.Sections), "nesting": int64(file.Depth),
		"object_elements": int64(file.Elements), "token_bytes": int64(file.Token), "string_bytes": int64(file.String),
		"indirections": int64(file.Indirections), "page_tree_levels": int64(file.PageDepth),
		"decoded_stream_bytes": file.Decoded, "inflated_bytes": file.Inflated, "reading_work": file.Work,
	}
	for _, more := range []map[string]int64{diff.Limits(), form.Limits(), cms.Limits(), chain.Limits()} {
		maps.Copy(all, more)
	}
	return all
}
