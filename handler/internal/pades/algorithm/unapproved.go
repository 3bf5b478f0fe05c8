package algorithm

import (
	"crypto/fips140"
	"hash"
)

// unapproved is a digest that FIPS 140-only mode forbids: MD5 or SHA-1. It serves only to verify
// old documents that were digested with it. Until says until when the result is reliable. Nothing
// new is made with it.
type unapproved struct{ hash.Hash }

func (u *unapproved) Write(p []byte) (n int, err error) {
	fips140.WithoutEnforcement(func() { n, err = u.Hash.Write(p) })
	return n, err
}

func (u *unapproved) Sum(b []byte) (sum []byte) {
	fips140.WithoutEnforcement(func() { sum = u.Hash.Sum(b) })
	return sum
}

// Clone implements hash.Cloner, as all digests do.
func (u *unapproved) Clone() (hash.Cloner, error) {
	cloner, ok := u.Hash.(hash.Cloner)
	if !ok {
		panic("internal error: a digest that cannot be cloned")
	}
	copied, err := cloner.Clone()
	return &unapproved{copied}, err
}
