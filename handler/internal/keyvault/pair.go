package keyvault

import (
	"cmp"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/pades/certificate"
)

// maxKeys bounds the private keys of a secret.
const maxKeys = 8

var errNoCertificate = errors.New("holds no certificate of its private key")

// pair is a key that signs with its certificate.
type pair struct {
	leaf *x509.Certificate
	key  crypto.Signer
}

// pair gives the key pair that may sign. Secrets often hold a pair for encryption beside the one for signatures, and the pair of last
// year beside that of this year. Of several that may sign, one for signatures that commit to contents comes first (RFC 5280, 4.2.1.3),
// and of those of one subject the newest. Beyond that nothing says which is meant, and none is taken.
func (m *material) pair(now time.Time) (pair, error) {
	if len(m.keys) == 0 {
		return pair{}, errNotExportable
	}
	if len(m.keys) > maxKeys {
		return pair{}, fmt.Errorf("holds over %d private keys", maxKeys)
	}
	var fit []pair
	var faults []error
	for _, key := range m.keys {
		signs, err := m.pairOf(key, now)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		fit = append(fit, signs)
	}
	if len(fit) == 0 {
		return pair{}, errors.Join(faults...)
	}
	slices.SortStableFunc(fit, func(a, b pair) int { return preferLeaf(a.leaf, b.leaf) })
	best := fit[0].leaf
	for _, other := range fit[1:] {
		if commits(other.leaf) == commits(best) && !certificate.SameName(other.leaf.RawSubject, best.RawSubject) {
			return pair{}, fmt.Errorf("holds %d key pairs that may sign, of different subjects", len(fit))
		}
	}
	return fit[0], nil
}

// preferLeaf orders certificates that may sign: the one to take comes first.
func preferLeaf(a, b *x509.Certificate) int {
	return cmp.Or(rank(commits(b), commits(a)), b.NotBefore.Compare(a.NotBefore), b.NotAfter.Compare(a.NotAfter))
}

func commits(c *x509.Certificate) bool { return c.KeyUsage&x509.KeyUsageContentCommitment != 0 }

func rank(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// pairOf gives the pair of one key. Of several certificates of the key, which had one renewed, it takes the one that the local key ID
// ties to the key, or else the newest: among those that may sign, if there are any.
func (m *material) pairOf(held privateKey, now time.Time) (pair, error) {
	if held.fault != nil {
		return pair{}, held.fault
	}
	key, err := signingKey(held.key)
	if err != nil {
		return pair{}, err
	}
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok {
		return pair{}, errors.New("internal error: a public key that cannot be compared")
	}
	var own []*x509.Certificate
	for _, c := range m.certificates {
		if public.Equal(c.PublicKey) {
			own = append(own, c)
		}
	}
	if len(own) == 0 {
		return pair{}, errNoCertificate
	}
	tied := func(c *x509.Certificate) bool { return held.mark != "" && m.marks[c] == held.mark }
	slices.SortStableFunc(own, func(a, b *x509.Certificate) int {
		return cmp.Or(rank(tied(b), tied(a)), b.NotBefore.Compare(a.NotBefore), b.NotAfter.Compare(a.NotAfter))
	})
	var first error
	for _, leaf := range own {
		err := errors.Join(unambiguous(leaf), fitForSigning(leaf, now))
		if err == nil {
			return pair{leaf, key}, nil
		}
		first = cmp.Or(first, err)
	}
	return pair{}, first
}
