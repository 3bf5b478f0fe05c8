package verify

import (
	"cmp"
	"context"
	"crypto"
	"fmt"
	"hash"
	"slices"

	"influxion/handler/internal/pades"
)

// maxTails bounds, as a multiple of the document's size, what is read behind /Contents for all signatures. Revisions do not overlap, so
// that honest documents stay below one.
const maxTails = 2

// digestAll makes the digests of what the signatures cover. The document is read once up to the last /Contents for all of them, with a
// copy of the running hash left behind at each gap; each copy then reads the rest of its own revision.
func (e *examination) digestAll(ctx context.Context, signatures []*signedField) error {
	var wanted []*signedField
	for _, s := range signatures {
		if s.fault == nil && s.hash().Available() { // else the check says that the hash is not known
			wanted = append(wanted, s)
		}
	}
	slices.SortStableFunc(wanted, func(a, b *signedField) int { return cmp.Compare(a.ranges[1], b.ranges[1]) })
	buffer := make([]byte, pades.PieceSize)
	running, at, tails := map[crypto.Hash]hash.Hash{}, int64(0), maxTails*e.doc.Size()
	for i, s := range wanted {
		hashes := make([]hash.Hash, 0, 1)
		for _, later := range wanted[i:] {
			if _, ok := running[later.hash()]; !ok {
				running[later.hash()] = later.hash().New()
			}
			if h := running[later.hash()]; !slices.Contains(hashes, h) {
				hashes = append(hashes, h)
			}
		}
		if err := pades.ReadInto(ctx, e.doc, at, s.ranges[1], buffer, hashes...); err != nil {
			return err
		}
		at = s.ranges[1]
		if tails -= s.ranges[3]; tails < 0 {
			s.fault = pades.Failed(pades.FormatFailure, "the signatures of the document cover each other's revisions")
			continue
		}
		own, err := running[s.hash()].(hash.Cloner).Clone()
		if err != nil {
			return fmt.Errorf("clone digest: %w", err)
		}
		if err := pades.ReadInto(ctx, e.doc, s.ranges[2], s.end(), buffer, own); err != nil {
			return err
		}
		s.digest = own.Sum(nil)
	}
	return nil
}

// hash is the algorithm by which the document was digested; 0 = not known.
func (s *signedField) hash() crypto.Hash {
	if s.stamp != nil {
		return s.stamp.token.Hash
	}
	return s.signed.DigestAlgorithm
}
