package revocation

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"golang.org/x/crypto/cryptobyte"
)

// index finds the entries of a CRL by their serial numbers and issuers. It is a hash table with
// linear probing, at least half of it empty. Its hash has a new seed each time, so that nobody can
// prepare serial numbers that collide.
type index struct {
	entries cryptobyte.String
	issuers *entryIssuers
	seed    maphash.Seed
	slots   []uint32 // one more than where in entries an entry begins; 0 = empty
}

func newIndex(entries cryptobyte.String, count int, issuers *entryIssuers) *index {
	x := &index{entries: entries, issuers: issuers, seed: maphash.MakeSeed(),
		slots: make([]uint32, 1<<bits.Len(uint(2*count)))}
	for s := entries; !s.Empty(); {
		at := uint32(len(entries) - len(s))
		var e entry
		if !e.read(&s) {
			break // impossible: all of them were read before
		}
		if slot, other, listed := x.probe(e.serial, issuers.of(at)); !listed || e.outranks(&other) {
			x.slots[slot] = at + 1
		}
	}
	return x
}

// find returns the entry for a serial number of an issuer.
func (x *index) find(serial, issuer []byte) (found entry, listed bool) {
	for _, number := range x.issuers.named(issuer) {
		if _, e, here := x.probe(serial, number); here && (!listed || e.outranks(&found)) {
			found, listed = e, true
		}
	}
	return found, listed
}

// probe returns the entry for a serial number of an issuer and its slot, or the free slot for it.
func (x *index) probe(serial []byte, issuer uint32) (slot uint64, e entry, listed bool) {
	var h maphash.Hash
	h.SetSeed(x.seed)
	h.Write(serial)
	h.Write([]byte{byte(issuer), byte(issuer >> 8)})
	mask := uint64(len(x.slots) - 1)
	for slot = h.Sum64() & mask; x.slots[slot] != 0; slot = (slot + 1) & mask {
		at := x.slots[slot] - 1
		s := x.entries[at:]
		if e.read(&s) && bytes.Equal(e.serial, serial) && x.issuers.of(at) == issuer {
			return slot, e, true
		}
	}
	return slot, entry{}, false
}
