package material

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

// maxKeys bounds the private keys in a secret.
const maxKeys = 8

// pair is a private key with its certificate.
type pair struct {
	leaf *x509.Certificate
	key  crypto.Signer
}

// pair returns the key pair that may sign. Secrets often contain a pair for encryption beside the
// one for signatures, and last year's pair beside this year's. If several may sign, pair prefers
// certificates with the key usage contentCommitment (RFC 5280, 4.2.1.3), and among those of one
// subject the newest. If several subjects remain, nothing says which is meant, and pair returns an
// error.
func (m *Material) pair(now time.Time) (pair, error) {
	if len(m.keys) == 0 {
		return pair{}, ErrNotExportable
	}
	if len(m.keys) > maxKeys {
		return pair{}, fmt.Errorf("holds over %d private keys", maxKeys)
	}
	var fit []pair
	var errs []error
	for _, key := range m.keys {
		signs, err := m.pairOf(key, now)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fit = append(fit, signs)
	}
	if len(fit) == 0 {
		return pair{}, errors.Join(errs...)
	}
	var leaves []*x509.Certificate
	for _, p := range fit {
		leaves = append(leaves, p.leaf)
	}
	best := preferred(leaves)
	if best == nil {
		return pair{}, fmt.Errorf("holds %d key pairs that may sign, of different subjects", len(fit))
	}
	return fit[slices.Index(leaves, best)], nil
}

// preferLeaf orders certificates that may sign; the preferred one comes first.
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

// pairOf returns the pair of one key. If the key has several certificates, as after a renewal,
// pairOf prefers the one with the key's local key ID, then the newest. It skips those that may not
// sign.
func (m *Material) pairOf(imported privateKey, now time.Time) (pair, error) {
	if imported.err != nil {
		return pair{}, imported.err
	}
	key, err := signingKey(imported.key)
	if err != nil {
		return pair{}, err
	}
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok {
		return pair{}, errors.New("internal error: a public key that cannot be compared")
	}
	var own []*x509.Certificate
	for _, c := range m.Certificates {
		if public.Equal(c.PublicKey) {
			own = append(own, c)
		}
	}
	if len(own) == 0 {
		return pair{}, ErrNoCertificate
	}
	tied := func(c *x509.Certificate) bool { return imported.mark != "" && m.marks[c] == imported.mark }
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

// Leaf chooses the signing certificate if there is no private key to identify it: one that may sign
// and is not an authority's. If several qualify, it prefers the key usage contentCommitment and
// then the newest. It returns an error if several subjects remain.
func (m *Material) Leaf(now time.Time) (*x509.Certificate, error) {
	var fit []*x509.Certificate
	var first error
	for _, c := range m.Certificates {
		if c.IsCA && len(m.Certificates) > 1 {
			continue
		}
		if err := errors.Join(unambiguous(c), fitForSigning(c, now)); err != nil {
			first = cmp.Or(first, err)
			continue
		}
		fit = append(fit, c)
	}
	if len(fit) == 0 && len(m.Certificates) > 0 {
		return nil, cmp.Or(first,
			fmt.Errorf("its certificate %w: it holds only certificates of authorities", ErrNotForSigning))
	}
	if len(fit) == 0 {
		return nil, m.explain(ErrNoCertificate)
	}
	best := preferred(fit)
	if best == nil {
		return nil, errors.New("holds certificates of different subjects that may sign")
	}
	return best, nil
}

// preferred returns the certificate to sign with, of several that may sign: see pair. It is nil if
// several subjects remain.
func preferred(fit []*x509.Certificate) *x509.Certificate {
	best := slices.MinFunc(fit, preferLeaf)
	for _, other := range fit {
		if commits(other) == commits(best) && !certificate.SameName(other.RawSubject, best.RawSubject) {
			return nil
		}
	}
	return best
}
