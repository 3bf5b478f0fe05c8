package entra

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"

	"github.com/coreos/go-oidc/v3/oidc"
)

// verify has go-oidc verify the token: algorithm, signature, issuer and dates. It gives the
// generation of the keys that verified it.
func (a *Authenticator) verify(
	ctx context.Context, accessToken string, t *compactToken, from issuer,
) (generation uint64, err error) {
	keys := &ringKeySet{ring: from.keys, token: t}
	verifier := oidc.NewVerifier(from.name, keys, &oidc.Config{
		SupportedSigningAlgs: []string{oidc.RS256},
		SkipClientIDCheck:    true, // admit checks both audiences
		Now:                  a.config.Now,
	})
	_, err = verifier.Verify(ctx, accessToken)
	switch {
	case keys.err != nil:
		return 0, keys.err
	case err != nil:
		// The texts of go-oidc quote the token.
		return 0, errors.New("go-oidc refuses the token")
	case !keys.verified:
		return 0, errors.New("internal error: signature not verified")
	}
	return keys.generation, nil
}

// ringKeySet is a key ring as the oidc.KeySet of one token. Each token has one of its own, which
// keeps the error and the generation: go-oidc turns the errors of a key set into text, and knows no
// generations.
type ringKeySet struct {
	ring  *keyRing
	token *compactToken

	verified   bool
	generation uint64
	err        error
}

// VerifySignature verifies the token's signature by the key of its kid, and gives its claims. It
// ignores the token that go-oidc passes, which is the one that the set was made for.
func (s *ringKeySet) VerifySignature(ctx context.Context, _ string) ([]byte, error) {
	var key *rsa.PublicKey
	if key, s.generation, s.err = s.ring.key(ctx, s.token.keyID); s.err != nil {
		return nil, s.err
	}
	digest := sha256.Sum256(s.token.signingInput)
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], s.token.signature) != nil {
		s.err = errors.New("signature does not verify")
		return nil, s.err
	}
	s.verified = true
	return s.token.payload, nil
}
