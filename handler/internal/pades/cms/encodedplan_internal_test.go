package cms

import (
	"bytes"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// The header of an element, and the size of the whole, are those of another encoder.
func TestHeader(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffff, 0x1000000} {
		contents := make([]byte, size)
		b := cryptobyte.NewBuilder(nil)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(contents) })
		want := b.BytesOrPanic()
		if got := append(appendHeader(nil, asn1.SEQUENCE, size), contents...); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %x, want %x", size, got[:min(8, len(got))], want[:min(8, len(want))])
		}
		if got := sizeOfElement(size); got != len(want) {
			t.Errorf("%d bytes: got a size of %d, want %d", size, got, len(want))
		}
	}
}
