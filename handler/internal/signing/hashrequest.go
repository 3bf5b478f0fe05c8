package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/hex"
	"fmt"
	"slices"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/cms"
)

// MaxHashes is how many hashes one HashRequest may hold.
const MaxHashes = 100

// HashRequest is one ask to sign hashes of content that stays with the caller.
type HashRequest struct {
	Certificate string // name; required
	Scheme      algorithm.Scheme
	Hashes      [][]byte // made with Scheme.Digest, 1 to MaxHashes
}

// HashSchemes are the schemes by which a key signs hashes, the usual one first; none = it signs
// nothing. Keys that never leave the vault can sign by each of them.
func HashSchemes(public crypto.PublicKey) []algorithm.Scheme {
	usual, err := cms.DefaultDigest(public)
	if err != nil {
		return nil
	}
	switch public.(type) {
	case *rsa.PublicKey:
		var schemes []algorithm.Scheme
		for _, digest := range hashDigests() {
			schemes = append(schemes, algorithm.Scheme{Family: algorithm.PKCS1, Digest: digest})
		}
		return schemes
	case *ecdsa.PublicKey: // Key Vault ties the digest to the curve
		return []algorithm.Scheme{{Family: algorithm.ECDSA, Digest: algorithm.DigestOf(usual)}}
	}
	return nil
}

// hashDigests are the digests that we sign with. ETSI TS 119 312 recommends them, and all readers
// know them.
func hashDigests() []algorithm.Digest {
	return []algorithm.Digest{algorithm.SHA256, algorithm.SHA384, algorithm.SHA512}
}

// signsHashesBy tells whether a key signs by a scheme: those of HashSchemes, and for RSA keys
// RSASSA-PSS with one digest throughout and a salt as long as that digest. No key in a vault has a
// salt of another length.
func signsHashesBy(public crypto.PublicKey, s algorithm.Scheme) error {
	schemes := HashSchemes(public)
	if slices.Contains(schemes, s) {
		return nil
	}
	_, isRSA := public.(*rsa.PublicKey)
	if s.Family != algorithm.PSS || !isRSA || len(schemes) == 0 || !slices.Contains(hashDigests(), s.Digest) {
		return hashInvalid("the certificate's key does not sign by this algorithm")
	}
	if s.Mask != s.Digest || s.Salt != s.Digest.Size() {
		return hashInvalid("RSASSA-PSS is offered with one hash algorithm for content and mask, " +
			"and a salt as long as the hash")
	}
	return nil
}

// check refuses a request that no certificate could serve.
func (r HashRequest) check() error {
	if len(r.Hashes) == 0 || len(r.Hashes) > MaxHashes {
		return hashInvalid(fmt.Sprintf("1 to %d hashes can be signed at once", MaxHashes))
	}
	for _, hash := range r.Hashes {
		if len(hash) != r.Scheme.Digest.Size() {
			return hashInvalid("a hash does not have the length of its algorithm")
		}
	}
	return nil
}

// note puts each hash into the record.
func (r HashRequest) note(record *Record) {
	record.Algorithm = r.Scheme.String()
	hashes := make(hashRecords, len(r.Hashes))
	for i, hash := range r.Hashes {
		hashes[i].hash = hex.EncodeToString(hash)
	}
	record.hashes = &hashes
}

func hashInvalid(detail string) error {
	return &Error{Kind: InvalidRequest, Code: "hash_invalid", Detail: detail}
}
