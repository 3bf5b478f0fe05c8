package algorithm

import (
	"crypto"
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// Bounds of Proven.
const (
	maxProven  = 8192 // facts
	maxOutcome = 64   // bytes of one outcome
)

// Proven is the cache of facts about signatures that cannot change, such as that a key's signature
// over a digest verifies. A fact that was proved for one document need not be proved again for the
// next.
//
// Key: the SHA-256 of everything that the fact depends on, in full. Life: until newer facts take
// its place; no fact depends on time. Bound: maxProven facts of at most maxOutcome bytes beside
// their key, some 2 MiB. Facts that nobody asked for while maxProven/2 new ones came go first.
// Outage: there is no source.
//
// Proven keeps only facts that hold, so that no failure can be taken for a proof. No fact is more
// than a caller could compute. Whoever sends a document can learn from the time of the answer that
// a fact was known, and therefore that somebody verified a document with the same certificates
// before.
//
// Each bound on work counts the work as if no fact were known, so that no verdict depends on the
// cache. The zero value is ready for use; nil remembers nothing. Safe for concurrent use.
type Proven struct {
	mu           sync.Mutex
	young, older map[Fact][]byte
}

// Fact identifies a fact by the SHA-256 of everything that it depends on.
type Fact [sha256.Size]byte

// NewFact names a fact of a kind. The fact must depend on these parts and on nothing else.
func NewFact(kind string, parts ...[]byte) Fact {
	h := sha256.New()
	var size [8]byte
	for _, part := range append([][]byte{[]byte(kind)}, parts...) {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write(part)
	}
	return Fact(h.Sum(nil))
}

// Recall returns the outcome of a known fact. The caller must not change it.
func (p *Proven) Recall(fact Fact) (outcome []byte, known bool) {
	if p == nil {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if outcome, known = p.young[fact]; known {
		return outcome, true
	}
	if outcome, known = p.older[fact]; known {
		p.add(fact, outcome)
	}
	return outcome, known
}

// Keep remembers a fact. It keeps outcome, which must not change afterwards. A fact whose outcome
// has more than 64 bytes is not kept.
func (p *Proven) Keep(fact Fact, outcome []byte) {
	if p == nil || len(outcome) > maxOutcome {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(fact, outcome)
}

func (p *Proven) add(fact Fact, outcome []byte) {
	if p.young == nil || len(p.young) >= maxProven/2 {
		p.young, p.older = make(map[Fact][]byte), p.young
	}
	p.young[fact] = outcome
}

// VerifyDigest does what Scheme.VerifyDigest does, with known facts. info is the
// SubjectPublicKeyInfo from which key was read.
func (p *Proven) VerifyDigest(s Scheme, key crypto.PublicKey, info, sum, signature []byte) error {
	if p == nil || key == nil || !s.Prehashed() {
		return s.VerifyDigest(key, sum, signature)
	}
	salt := binary.BigEndian.AppendUint64(nil, uint64(s.Salt))
	fact := NewFact("signature", []byte(s.Family), []byte(s.Digest), []byte(s.Mask), salt, info, sum, signature)
	if _, known := p.Recall(fact); known {
		return nil
	}
	err := s.VerifyDigest(key, sum, signature)
	if err == nil {
		p.Keep(fact, nil)
	}
	return err
}
