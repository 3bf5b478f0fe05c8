package verify

import (
	"cmp"
	"context"
	"fmt"
	"hash"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/algorithm"
)

// digestAll computes the digests of what the signatures cover. It reads the document once, up to
// the last /Contents, for all signatures. At each gap it makes a copy of the running hash, and the
// copy reads the rest of that signature's revision. For a report it reads the document to its end:
// the digest says which document the report is about.
func (e *examination) digestAll(ctx context.Context, signatures []*signedField) error {
	wanted, running := e.digestsWanted(signatures)
	at, tails := int64(0), maxTails*e.doc.Size()
	for i, s := range wanted {
		var hashes []hash.Hash
		for digest, h := range running {
			needed := func(later *signedField) bool { return later.hash() == digest }
			if e.reported && digest == algorithm.SHA256 || slices.ContainsFunc(wanted[i:], needed) {
				hashes = append(hashes, h)
			}
		}
		if err := pades.ReadInto(ctx, e.doc, at, s.ranges[1], hashes...); err != nil {
			return err
		}
		at = s.ranges[1]
		if tails -= s.ranges[3]; tails < 0 {
			s.outcome.integrity = pades.LimitedBy(
				fmt.Sprintf("what the signatures cover after their /Contents is more than %d times the document",
					maxTails))
			continue
		}
		if err := e.finishDigest(ctx, s, running[s.hash()]); err != nil {
			return err
		}
	}
	if !e.reported {
		return nil
	}
	if err := pades.ReadInto(ctx, e.doc, at, e.doc.Size(), running[algorithm.SHA256]); err != nil {
		return err
	}
	e.sum = running[algorithm.SHA256].Sum(nil)
	return nil
}

// digestsWanted returns the signatures to compute digests for, sorted by the place of their
// /Contents, and the running hash of each digest algorithm.
func (e *examination) digestsWanted(signatures []*signedField) ([]*signedField, map[algorithm.Digest]hash.Hash) {
	var wanted []*signedField
	running := map[algorithm.Digest]hash.Hash{}
	if e.reported {
		running[algorithm.SHA256] = algorithm.SHA256.New()
	}
	for _, s := range signatures {
		if s.outcome.integrity == nil && s.hash().Available() { // otherwise check reports the error
			wanted = append(wanted, s)
			if running[s.hash()] == nil {
				running[s.hash()] = s.hash().New()
			}
		}
	}
	slices.SortStableFunc(wanted, func(a, b *signedField) int { return cmp.Compare(a.ranges[1], b.ranges[1]) })
	return wanted, running
}

// finishDigest reads the rest of a signature's revision into a copy of the hash that has read the
// document up to the signature's /Contents.
func (e *examination) finishDigest(ctx context.Context, s *signedField, running hash.Hash) error {
	own, err := running.(hash.Cloner).Clone()
	if err != nil {
		return fmt.Errorf("clone digest: %w", err)
	}
	if err := pades.ReadInto(ctx, e.doc, s.ranges[2], s.end(), own); err != nil {
		return err
	}
	s.digest = own.Sum(nil)
	return nil
}

// hash is the digest algorithm for what the signature covers; "" = not known.
func (s *signedField) hash() algorithm.Digest {
	if s.timestamp != nil {
		return s.timestamp.token.Hash
	}
	return s.signed.ContentDigest()
}
