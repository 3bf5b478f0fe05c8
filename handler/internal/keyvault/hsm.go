package keyvault

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"

	"influxion/handler/internal/keyvault/material"
)

// Bounds of keyInHSM: how many versions of one key are listed, and how many of them, the newest,
// are compared with the certificate.
const (
	maxListedVersions = 1024
	maxKeyVersions    = 16
)

// readFile reads a certificate whose chain is in a file and whose key is in a Managed HSM. The
// version of the certificate is that of the key.
func (s *Source) readFile(ctx context.Context, name, version string) (found, *refusal) {
	content := material.Material{Certificates: s.keys.Files[name]}
	leaf, err := content.Leaf(s.now())
	if err != nil {
		return found{}, notFound(fmt.Errorf("certificate file: %w", err))
	}
	id, refused := s.keyInHSM(ctx, name, leaf)
	if refused != nil {
		return found{}, refused
	}
	if version != "" && !strings.EqualFold(version, id.version) {
		return found{}, notFound(errors.New("the key of the certificate file has another version"))
	}
	got, err := s.withKeyInVault(ctx, name, keptKey{leaf: leaf, id: id})
	if err != nil {
		return found{}, notFound(fmt.Errorf("certificate file: %w", err))
	}
	got.value.Name, got.value.Version = name, id.version
	return got, nil
}

// keyInHSM finds the version of a key whose public key is that of the certificate. After a rotation
// that can be an older version than the current one.
func (s *Source) keyInHSM(ctx context.Context, name string, leaf *x509.Certificate) (keyID, *refusal) {
	id, refused := s.matchingKey(ctx, name, "", leaf)
	if refused == nil || refused.err.Err == nil || !errors.Is(refused.err.Err, errOtherKey) {
		return id, refused
	}
	versions, failed := s.keyVersions(ctx, name)
	if failed != nil {
		return keyID{}, failed
	}
	for _, version := range versions[:min(len(versions), maxKeyVersions)] {
		if id, err := s.matchingKey(ctx, name, version, leaf); err == nil || !err.final {
			return id, err
		}
	}
	return keyID{}, refused
}

// keyVersions lists the versions of a key, newest first. The store lists them in no order.
func (s *Source) keyVersions(ctx context.Context, name string) ([]string, *refusal) {
	created := map[string]time.Time{}
	refused := pages(ctx, s.store.client.NewListKeyPropertiesVersionsPager(name, nil), listKeys,
		func(page azkeys.ListKeyPropertiesVersionsResponse) bool {
			for _, p := range page.Value {
				if p == nil {
					continue
				}
				_, version, err := versionedID("keys", (*string)(p.KID))
				if a := p.Attributes; err == nil && a != nil && a.Created != nil {
					created[version] = *a.Created
				}
			}
			return len(created) < maxListedVersions
		})
	return slices.SortedFunc(maps.Keys(created), func(a, b string) int {
		return cmp.Or(created[b].Compare(created[a]), cmp.Compare(a, b))
	}), refused
}

var errOtherKey = errors.New("the key of that name is not that of the certificate")

// matchingKey gets a version of a key and compares its public key with that of the certificate.
func (s *Source) matchingKey(ctx context.Context, name, version string, leaf *x509.Certificate) (keyID, *refusal) {
	response, err := asked(func() (azkeys.GetKeyResponse, error) {
		return s.store.client.GetKey(ctx, name, version, nil)
	})
	if err != nil {
		return keyID{}, refusalOf(getKey, err)
	}
	if response.Key == nil {
		return keyID{}, unavailable(fmt.Errorf("%s: the answer has no key", getKey.name))
	}
	id, err := s.store.keyIDOf(response.Key.KID)
	if err == nil && (!strings.EqualFold(id.name, name) || version != "" && !strings.EqualFold(id.version, version)) {
		err = errors.New("the answer is about another key")
	}
	if err != nil {
		return keyID{}, unavailable(fmt.Errorf("%s: read answer: %w", getKey.name, err))
	}
	if a := response.Attributes; a != nil && a.Enabled != nil && !*a.Enabled {
		refused := keyUnusable(fmt.Errorf("%s: it is disabled", getKey.name))
		refused.stopped = true
		return keyID{}, refused
	}
	public, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(publicKeyOf(response.Key)) {
		return keyID{}, notFound(errOtherKey)
	}
	return id, nil
}

// publicKeyOf reads the public key of a JSON Web Key (RFC 7518, section 6). It returns nil for a
// key that it cannot compare.
func publicKeyOf(key *azkeys.JSONWebKey) crypto.PublicKey {
	if len(key.N) > 0 && len(key.E) > 0 && len(key.E) <= 4 {
		return &rsa.PublicKey{N: new(big.Int).SetBytes(key.N), E: int(new(big.Int).SetBytes(key.E).Int64())}
	}
	if key.Crv == nil {
		return nil
	}
	curve := map[azkeys.CurveName]elliptic.Curve{azkeys.CurveNameP256: elliptic.P256(),
		azkeys.CurveNameP384: elliptic.P384(), azkeys.CurveNameP521: elliptic.P521()}[*key.Crv]
	if curve == nil {
		return nil
	}
	size := (curve.Params().BitSize + 7) / 8
	if len(key.X) > size || len(key.Y) > size {
		return nil
	}
	point := make([]byte, 1+2*size)
	point[0] = 4 // uncompressed: SEC 1, section 2.3.3
	copy(point[1+size-len(key.X):], key.X)
	copy(point[1+2*size-len(key.Y):], key.Y)
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil
	}
	return public
}
