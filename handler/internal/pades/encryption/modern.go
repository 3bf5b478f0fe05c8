package encryption

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/sha512"
)

// Lengths in /O and /U of revisions 5 and 6, which hold a hash and two salts, and the length of
// keys, in bytes.
const (
	hashLength   = 32
	saltLength   = 8
	modernLength = hashLength + 2*saltLength
	keyLength    = 32
)

// modernUser returns the file encryption key for the user password, or nil: algorithm 2.A.
func (h *Handler) modernUser(password []byte) ([]byte, error) {
	return h.modern(password, h.User, nil, h.UserKey)
}

// modernOwner is modernUser for the owner password, whose hashes include /U.
func (h *Handler) modernOwner(password []byte) ([]byte, error) {
	return h.modern(password, h.Owner, h.User[:modernLength], h.OwnerKey)
}

func (h *Handler) modern(password, entry, user, wrapped []byte) ([]byte, error) {
	proof, err := h.hash(password, entry[hashLength:hashLength+saltLength], user)
	if err != nil || !bytes.Equal(proof, entry[:hashLength]) {
		return nil, err
	}
	key, err := h.hash(password, entry[hashLength+saltLength:modernLength], user)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	file := make([]byte, keyLength)
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(file, wrapped[:keyLength])
	return file, nil
}

const (
	leastRounds = 64
	repeats     = 64 // of the input in a round
	hashRate    = 2  // bytes that are encrypted and hashed for one unit of work
)

// hash is algorithm 2.B; for revision 5 it is SHA-256. The loop ends at the latest with round 287,
// because the last byte of a round is at most 255.
func (h *Handler) hash(password, salt, user []byte) ([]byte, error) {
	first := sha256.Sum256(bytes.Join([][]byte{password, salt, user}, nil))
	key := first[:]
	if h.Revision == 5 {
		return key, h.Spend(sha256.BlockSize)
	}
	for round, last := 0, byte(0); round < leastRounds || int(last) > round-32; round++ {
		data := bytes.Repeat(bytes.Join([][]byte{password, key, user}, nil), repeats)
		if err := h.Spend(int64(len(data)) / hashRate); err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(key[:16])
		if err != nil {
			return nil, err
		}
		cipher.NewCBCEncrypter(block, key[16:32]).CryptBlocks(data, data)
		key, last = hashed(data), data[len(data)-1]
	}
	return key[:hashLength], nil
}

// hashed applies the hash that the first 16 bytes of the data, as a number modulo 3, select.
// Because 256 is 1 modulo 3, the sum of the bytes has the same remainder.
func hashed(data []byte) []byte {
	sum := 0
	for _, c := range data[:aes.BlockSize] {
		sum += int(c)
	}
	switch sum % 3 {
	case 0:
		out := sha256.Sum256(data)
		return out[:]
	case 1:
		out := sha512.Sum384(data)
		return out[:]
	}
	out := sha512.Sum512(data)
	return out[:]
}
