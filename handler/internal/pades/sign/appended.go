package sign

import (
	"context"
	"crypto"
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// appended is a document to which increments are appended, one after the other. The document is
// read once and never copied: a digest of all of it runs along.
type appended struct {
	original     pades.Document
	appended     []byte
	inaccessible string            // why what was appended makes the document less accessible; "" = it does not
	digest       hash.Hash         // SHA-256 of the original and of what is appended; nil before the original was read
	document     [sha256.Size]byte // SHA-256 of the original
	declared     *pades.Declared   // by the original; nil before the first draft
	remarks      []string          // of the increments
}

// whole is the document with what is appended.
func (g *appended) whole() pades.Document {
	if len(g.appended) == 0 {
		return g.original
	}
	return pades.Join(g.original, g.appended)
}

func (g *appended) open(ctx context.Context) (*pdf.File, error) {
	return pdf.Open(ctx, g.whole(), pdf.DefaultLimits())
}

// read takes the pass over the original, if that was not done before, for SHA-256 and a second
// algorithm, whose running digest it gives. The second one can only be had the first time.
func (g *appended) read(ctx context.Context, algorithm crypto.Hash) (hash.Hash, error) {
	if g.digest != nil && algorithm == crypto.SHA256 {
		return g.digest, nil
	}
	sum := sha256.New()
	second := sum
	hashes := []hash.Hash{sum}
	if algorithm != crypto.SHA256 {
		second = algorithm.New()
		hashes = append(hashes, second)
	}
	if err := pades.ReadInto(ctx, g.original, 0, g.original.Size(), hashes...); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	sum.Sum(g.document[:0])
	g.digest = sum
	return second, nil
}

// remark takes what is to be said of a document beside its increments, each once.
func (g *appended) remark(remarks []string) {
	for _, one := range remarks {
		if !slices.Contains(g.remarks, one) {
			g.remarks = append(g.remarks, one)
		}
	}
}

// append takes an increment that follows all that is there.
func (g *appended) append(increment []byte) {
	if g.appended == nil {
		g.appended = increment // nobody writes there any more
	} else {
		g.appended = append(g.appended, increment...)
	}
	g.digest.Write(increment)
}

// increment is all that was appended.
func (g *appended) increment(ctx context.Context, l levelProgress) (*pades.Increment, error) {
	if g.declared == nil { // nothing but validation data was appended, if anything
		declared, err := Conformance(ctx, g.original)
		if err != nil {
			return nil, fmt.Errorf("read metadata: %w", err)
		}
		g.declared = &declared
	}
	out := &pades.Increment{
		Bytes: g.appended, DocumentDigest: g.document, Level: l.reached, Shortfall: l.shortfall, Remarks: g.remarks,
		Declared: *g.declared, Inaccessible: g.inaccessible,
	}
	g.digest.Sum(out.SignedDigest[:0])
	return out, nil
}
