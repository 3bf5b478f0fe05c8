package revocation

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"golang.org/x/crypto/cryptobyte"
)

// index finds the entries of a CRL by their serial numbers: a hash table with linear probing, at least half of it empty. Its hash is
// seeded anew each time, so that nobody can prepare serial numbers that collide.
type index struct {
	entries cryptobyte.String
	seed    maphash.Seed
	slots   []uint32 // one more than where in entries an entry begins; 0 = empty
}

func newIndex(entries cryptobyte.String, count int) *index {
	x := &index{entries: entries, seed: maphash.MakeSeed(), slots: make([]uint32, 1<<bits.Len(uint(2*count)))}
	for s := entries; !s.Empty(); {
		at := uint32(len(entries) - len(s))
		var e entry
		if !e.read(&s) {
			break // impossible: all of them were read before
		}
		// The first of several entries for one number stays.
		if slot, _, listed := x.probe(e.serial); !listed {
			x.slots[slot] = at + 1
		}
	}
	return x
}

func (x *index) find(serial []byte) (entry, bool) {
	_, e, listed := x.probe(serial)
	return e, listed
}

// probe gives the entry for a serial number and its slot, or the slot where it would go.
func (x *index) probe(serial []byte) (slot uint64, e entry, listed bool) {
	mask := uint64(len(x.slots) - 1)
	for slot = maphash.Bytes(x.seed, serial) & mask; x.slots[slot] != 0; slot = (slot + 1) & mask {
		s := x.entries[x.slots[slot]-1:]
		if e.read(&s) && bytes.Equal(e.serial, serial) {
			return slot, e, true
		}
	}
	return slot, entry{}, false
}
