package signing

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/algorithm"
)

// HashSigner signs hashes of content that stays with the caller. A hash is signed blind: it may
// stand for a document, a contract that nobody has read, or a certificate, and no check of a
// document applies. So it takes a role of its own for each certificate, and each hash is an audit
// record of its own. Safe for concurrent use.
type HashSigner struct {
	Source      CertificateSource
	Policy      Policy            // whose MayHash says who may; the zero Policy allows nobody
	Timestamper pades.Timestamper // nil = no timestamps
}

// List gives the current version of every certificate whose key signs hashes for the principal.
// It leaves out those that cannot be used now. Its errors are those of Directory.List.
func (h *HashSigner) List(ctx context.Context, principal Principal) ([]*Certificate, error) {
	if !h.Policy.holdsHashRole(principal) {
		return nil, nil
	}
	names, err := h.Policy.all(ctx, h.Source)
	if err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	names = slices.DeleteFunc(slices.Clone(names),
		func(name string) bool { return !h.Policy.MayHash(principal, name) })
	listing, err := usable(currentCertificates(ctx, h.Source, names))
	return listing.Certificates, err
}

// Find gives the current version of one certificate whose key signs hashes for the principal. One
// that it may not use and one that does not exist get the same error.
func (h *HashSigner) Find(ctx context.Context, principal Principal, name string) (*Certificate, error) {
	name, err := h.Policy.chooseForHashes(principal, name)
	if err != nil {
		return nil, err
	}
	return h.fetch(ctx, name)
}

func (h *HashSigner) fetch(ctx context.Context, name string) (*Certificate, error) {
	certificate, err := h.Source.Certificate(ctx, name, "")
	if err != nil {
		return nil, fmt.Errorf("fetch certificate %q: %w", name, err)
	}
	return certificate, nil
}

// Sign signs each hash of the request for the principal, in order, and notes in record what it
// learns on the way. RSA values are as long as the modulus, ECDSA values are DER. It gives all
// signatures or none; each was verified. Its errors hold an *Error.
func (h *HashSigner) Sign(ctx context.Context, principal Principal, request HashRequest,
	record *Record) ([][]byte, error) {
	if ValidCertificateName(request.Certificate) {
		record.Certificate = request.Certificate
	}
	name, err := h.Policy.chooseForHashes(principal, request.Certificate)
	if err != nil {
		return nil, err
	}
	record.Certificate = name
	if err := request.check(); err != nil {
		return nil, err
	}
	request.note(record) // a refused caller with a hundred hashes gets one record, not a hundred
	certificate, err := h.fetch(ctx, name)
	if err != nil {
		return nil, err
	}
	record.CertificateVersion, record.CertificateFingerprint = certificate.Version, certificate.Fingerprint()
	if err := signsHashesBy(certificate.Leaf().PublicKey, request.Scheme); err != nil {
		return nil, err
	}
	signatures := make([][]byte, len(request.Hashes))
	err = parallel(ctx, len(signatures), func(ctx context.Context, i int) (err error) {
		signatures[i], err = signHash(ctx, certificate, request.Scheme, request.Hashes[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, signature := range signatures { // only now, because none is released before all are made
		sum := sha256.Sum256(signature)
		(*record.hashes)[i].signature = hex.EncodeToString(sum[:])
	}
	return signatures, nil
}

// signHash makes one signature and verifies it. A key that is not the certificate's, or a wrong
// answer of the vault, is an error here, and never a signature that the caller finds invalid.
func signHash(ctx context.Context, c *Certificate, s algorithm.Scheme, hash []byte) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, documentError(ctx, ctx.Err())
	}
	var options crypto.SignerOpts = s.Digest.Hash()
	if s.Family == algorithm.PSS {
		options = &rsa.PSSOptions{SaltLength: s.Salt, Hash: s.Digest.Hash()}
	}
	signature, err := c.Signer(ctx).Sign(rand.Reader, hash, options)
	if err != nil {
		return nil, documentError(ctx, fmt.Errorf("use the private key: %w", err))
	}
	if err := s.VerifyDigest(c.Leaf().PublicKey, hash, signature); err != nil {
		return nil, &Error{Kind: Internal, Code: "self_check",
			Detail: "the result does not verify and was discarded", Err: fmt.Errorf("verify signature: %w", err)}
	}
	return signature, nil
}

// Timestamp gets a timestamp token (RFC 3161) over a hash for a caller that may sign hashes, and
// notes in record what it learns. Its errors hold an *Error.
func (h *HashSigner) Timestamp(ctx context.Context, principal Principal, digest algorithm.Digest, hash []byte,
	record *Record) ([]byte, error) {
	if !h.Policy.holdsHashRole(principal) {
		return nil, &Error{Kind: PermissionDenied, Code: "hash_role_missing",
			Detail: "only callers that may have hashes signed get timestamps over hashes"}
	}
	if !slices.Contains(hashDigests(), digest) || len(hash) != digest.Size() {
		return nil, hashInvalid("the hash is not one of SHA-256, SHA-384 or SHA-512")
	}
	record.hashes = &hashRecords{{hash: hex.EncodeToString(hash)}}
	record.Algorithm = digest.String()
	if h.Timestamper == nil {
		return nil, &Error{Kind: NotFound, Code: "timestamp_not_offered",
			Detail: "this deployment has no timestamp authority"}
	}
	token, err := h.Timestamper.Timestamp(ctx, digest.Hash(), hash)
	if service, ok := errors.AsType[*pades.ServiceError](err); ok && ctx.Err() == nil {
		return nil, &Error{Kind: Unavailable, Code: "timestamp_unavailable", RetryAfter: serviceRest,
			Detail: "no timestamp could be obtained: " + service.Reason(), Err: err}
	}
	if err != nil {
		return nil, documentError(ctx, fmt.Errorf("timestamp hash: %w", err))
	}
	sum := sha256.Sum256(token.Raw)
	(*record.hashes)[0].signature = hex.EncodeToString(sum[:])
	return token.Raw, nil
}
