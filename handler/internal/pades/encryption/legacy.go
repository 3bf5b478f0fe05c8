package encryption

import (
	"bytes"
	"crypto/md5"
	"crypto/rc4"
	"encoding/binary"
)

// legacyLength is the length of /O, of /U and of a padded password in revisions 2 to 4, in bytes.
const legacyLength = 32

// padding completes a password to legacyLength: algorithm 2.
var padding = []byte(
	"\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08" +
		"\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

func padded(password []byte) []byte {
	out := append(make([]byte, 0, 2*legacyLength), password[:min(len(password), legacyLength)]...)
	return append(out, padding...)[:legacyLength]
}

const legacyCost = 4096 // units of work for one try of a password

// lengths are the possible lengths of the key in bytes. In version 4 the key has 128 bits whatever
// /Length says, but some writers follow /Length.
func (h *Handler) lengths() []int {
	stated := h.Length / 8
	usable := h.Length%8 == 0 && stated >= 5 && stated <= 16
	switch {
	case h.Version == 1 || h.Revision == 2:
		return []int{5}
	case h.Version == 2 && usable:
		return []int{stated}
	case h.Version == 2:
		return []int{5}
	case usable && stated != 16:
		return []int{16, stated}
	}
	return []int{16}
}

// legacyUser returns the file encryption key for the user password, or nil: algorithms 2 and 6.
func (h *Handler) legacyUser(password []byte) ([]byte, error) {
	for _, length := range h.lengths() {
		if err := h.Spend(legacyCost); err != nil {
			return nil, err
		}
		if key := h.legacyKey(password, length); h.matches(key) {
			return key, nil
		}
	}
	return nil, nil
}

// legacyKey computes the file encryption key: algorithm 2.
func (h *Handler) legacyKey(password []byte, length int) []byte {
	hash := md5.New()
	hash.Write(padded(password))
	hash.Write(h.Owner[:legacyLength])
	_ = binary.Write(hash, binary.LittleEndian, h.Permissions)
	hash.Write(h.ID)
	if h.Revision >= 4 && !h.EncryptMetadata {
		hash.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := hash.Sum(nil)
	if h.Revision >= 3 {
		for range 50 {
			sum := md5.Sum(key[:length])
			key = sum[:]
		}
	}
	return key[:length]
}

// matches checks a key against /U: algorithms 4 and 5.
func (h *Handler) matches(key []byte) bool {
	if h.Revision == 2 {
		return bytes.Equal(crossed(key, padding, 0), h.User[:legacyLength])
	}
	sum := md5.Sum(append(bytes.Clone(padding), h.ID...))
	proof := sum[:]
	for round := range 20 {
		proof = crossed(key, proof, byte(round))
	}
	return bytes.Equal(proof, h.User[:len(proof)])
}

// legacyOwner returns the file encryption key for the owner password, or nil: algorithm 7. /O holds
// the encrypted user password.
func (h *Handler) legacyOwner(password []byte) ([]byte, error) {
	for _, length := range h.lengths() {
		if err := h.Spend(legacyCost); err != nil {
			return nil, err
		}
		sum := md5.Sum(padded(password))
		rounds := 1
		if h.Revision >= 3 {
			for range 50 {
				sum = md5.Sum(sum[:])
			}
			rounds = 20
		}
		user := h.Owner[:legacyLength]
		for round := rounds - 1; round >= 0; round-- {
			user = crossed(sum[:length], user, byte(round))
		}
		if key := h.legacyKey(user, length); h.matches(key) {
			return key, nil
		}
	}
	return nil, nil
}

// crossed is RC4 with a key whose bytes are XORed with the number of the round.
func crossed(key, data []byte, round byte) []byte {
	turned := make([]byte, len(key))
	for i := range key {
		turned[i] = key[i] ^ round
	}
	stream, err := rc4.NewCipher(turned)
	if err != nil {
		panic("internal error: a key without bytes")
	}
	out := make([]byte, len(data))
	stream.XORKeyStream(out, data)
	return out
}
