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
// read once and never copied, because a running digest covers all of it.
type appended struct {
	original     pades.Document
	appended     []byte
	inaccessible string            // why the increments make the document less accessible; "" = they do not
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

// read reads the original once, for its SHA-256 and for a digest by algorithm, and returns the
// running digest by algorithm. After the first call, algorithm must be SHA-256.
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

// remark adds remarks on the document, each text once.
func (g *appended) remark(remarks []string) {
	for _, one := range remarks {
		if !slices.Contains(g.remarks, one) {
			g.remarks = append(g.remarks, one)
		}
	}
}

// append adds an increment behind the existing bytes.
func (g *appended) append(increment []byte) {
	if g.appended == nil {
		g.appended = increment // its writer has ended
	} else {
		g.appended = append(g.appended, increment...)
	}
	g.digest.Write(increment)
}

// increment gives everything that was appended as one Increment.
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
