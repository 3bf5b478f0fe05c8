package sign

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// draft is an increment whose /Contents is still empty.
type draft struct {
	increment []byte
	start     int // of /Contents in the increment, its "<" included
	end       int // behind its ">"
}

// draft lays out the revision that follows the existing bytes. The seed goes into the file's /ID.
func (g *appended) draft(ctx context.Context, seed []byte, revise func(*pdf.File) (*increment, error)) (*draft, error) {
	var revision *increment
	var increment []byte
	size := g.whole().Size()
	err := withRebuild(ctx, g.whole(), func(file *pdf.File) (err error) {
		if revision, err = revise(file); err != nil {
			return err
		}
		if len(g.appended) == 0 { // while the original is open
			declared, err := declaredBy(file)
			if err != nil {
				return err
			}
			g.declared = &declared
		}
		increment, err = revision.update.Bytes(seed)
		return err
	})
	if err != nil {
		return nil, pades.ReadError(err)
	}
	g.remark(revision.remarks)
	g.inaccessible = cmp.Or(g.inaccessible, revision.tags.lost)
	start := revision.contents.Offset - size
	d := &draft{increment: increment, start: int(start), end: int(start) + revision.contents.Digits + 2}
	byteRange := fmt.Sprintf(byteRangeForm, 0, revision.contents.Offset, size+int64(d.end), int64(len(increment)-d.end))
	if len(byteRange) != len(revision.byteRange.Text) {
		return nil, errors.New("internal error: /ByteRange is longer than the space reserved for it")
	}
	copy(increment[revision.byteRange.Offset-size:], byteRange)
	return d, nil
}

// digest computes the digest over the /ByteRange. before is the running digest of all bytes in
// front of the increment; it does not change.
func (d *draft) digest(before hash.Hash) ([]byte, error) {
	running, err := before.(hash.Cloner).Clone()
	if err != nil {
		return nil, fmt.Errorf("clone digest: %w", err)
	}
	running.Write(d.increment[:d.start])
	running.Write(d.increment[d.end:])
	return running.Sum(nil), nil
}

func (d *draft) placeholder() []byte { return d.increment[d.start+1 : d.end-1] }

func (d *draft) fits(contents []byte) bool {
	return hex.EncodedLen(len(contents)) <= len(d.placeholder())
}

// fillContents writes the contents into their place. It returns an error if they do not fit, and
// never truncates.
func (d *draft) fillContents(contents []byte) error {
	if !d.fits(contents) {
		return &pades.Error{Code: pades.CodeContentsTooSmall,
			Detail: "the signature is larger than the space reserved for it"}
	}
	hex.Encode(d.placeholder(), contents)
	return nil
}
