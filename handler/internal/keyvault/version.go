package keyvault

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"influxion/handler/internal/keyvault/material"
	"influxion/handler/internal/signing"
)

// found is one version of a certificate from the vault. It is fit for signing, but the self-test is
// still due.
type found struct {
	answer[*signing.Certificate]
	oddities []material.Oddity
}

// readVersion reads one version of a certificate, or the current one, and checks everything except
// that the key signs.
func (s *Source) readVersion(ctx context.Context, name, version string) (found, *refusal) {
	switch {
	case s.keys.Files[name] != nil && s.keys.URL != "":
		return s.readFile(ctx, name, version)
	case s.inVault():
		return s.readObject(ctx, name, version)
	}
	return s.readSecret(ctx, name, version)
}

// identified checks that an answer is about the requested object, and returns its name and version.
func identified(collection string, id *string, asked secretKey) (name, version string, refused *refusal) {
	name, version, err := versionedID(collection, id)
	if err == nil && !strings.EqualFold(name, asked.name) {
		err = errors.New("the answer is about another " + strings.TrimSuffix(collection, "s"))
	}
	if err != nil {
		return "", "", unavailable(fmt.Errorf("read answer: %w", err))
	}
	if asked.version != "" && !strings.EqualFold(version, asked.version) {
		// Asked for an unknown version, the vault may answer with the current one.
		return "", "", notFound(errors.New("the vault answered with another version"))
	}
	return name, version, nil
}

// readSecret reads the secret that backs a certificate. It contains the private key if that is
// exportable.
func (s *Source) readSecret(ctx context.Context, name, version string) (found, *refusal) {
	secret, refused := s.secret(ctx, name, version)
	if refused != nil {
		return found{}, refused
	}
	name, version, refused = identified("secrets", (*string)(secret.ID), secretKey{name, version})
	if refused != nil {
		return found{}, refused
	}
	got, err := s.fromSecret(ctx, name, secret)
	if err != nil {
		return found{}, unfitVersion(version, fmt.Errorf("secret version %s: %w", version, err))
	}
	got.value.Name, got.value.Version = name, version
	return got, nil
}

// fromSecret refuses a secret that backs no certificate before it parses the value.
func (s *Source) fromSecret(ctx context.Context, name string, secret *azsecrets.Secret) (found, error) {
	if secret.Managed == nil || !*secret.Managed {
		return found{}, errNoCertificateObject
	}
	bounds, err := attributeBounds(secretAttributes(secret.Attributes), s.now())
	if err != nil {
		return found{}, err
	}
	if secret.ContentType == nil || secret.Value == nil {
		return found{}, errors.New("has no content type or no value")
	}
	content, err := material.Read(*secret.ContentType, *secret.Value)
	if err != nil {
		return found{}, err
	}
	chain, key, err := content.ChainAndKey(s.now())
	if errors.Is(err, material.ErrNotExportable) && s.keys.Mode != KeysInMemory && secret.KID != nil {
		return s.withoutKey(ctx, name, content, secret.KID, bounds)
	}
	if err != nil {
		return found{}, err
	}
	return usableFor(chain, key, bounds, content.Oddities), nil
}

// withoutKey makes the certificate of a secret whose key stays in the vault.
func (s *Source) withoutKey(ctx context.Context, name string, content *material.Material, kid *azsecrets.ID,
	bounds validity) (found, error) {
	leaf, err := content.Leaf(s.now())
	if err != nil {
		return found{}, fmt.Errorf("%w: %w", material.ErrNotExportable, err)
	}
	id, err := s.store.keyIDOf((*azkeys.ID)(kid))
	if err != nil {
		return found{}, fmt.Errorf("%w; and of its key: %w", material.ErrNotExportable, err)
	}
	return s.withKeyInVault(ctx, name, keptKey{leaf, content.Certificates, id, bounds, content.Oddities})
}

// readObject reads a certificate without reading its secret. The vault then returns the leaf only.
func (s *Source) readObject(ctx context.Context, name, version string) (found, *refusal) {
	response, err := asked(func() (azcertificates.GetCertificateResponse, error) {
		return s.clients.certificates.GetCertificate(ctx, name, version, nil)
	})
	if err != nil {
		return found{}, refusalOf(getCertificate, err)
	}
	object := response.Certificate
	name, version, refused := identified("certificates", (*string)(object.ID), secretKey{name, version})
	if refused != nil {
		return found{}, refused
	}
	got, refused := s.fromObject(ctx, name, version, &object)
	if refused != nil {
		return found{}, refused
	}
	got.value.Name, got.value.Version = name, version
	return got, nil
}

func (s *Source) fromObject(ctx context.Context, name, version string,
	object *azcertificates.Certificate) (found, *refusal) {
	unfit := func(err error) (found, *refusal) {
		return found{}, unfitVersion(version, fmt.Errorf("certificate version %s: %w", version, err))
	}
	bounds, err := attributeBounds(certificateAttributes(object.Attributes), s.now())
	if err != nil {
		return unfit(err)
	}
	content, err := material.ReadCertificate(object.CER)
	if err != nil {
		return unfit(err)
	}
	leaf, err := content.Leaf(s.now())
	if err != nil {
		return unfit(err)
	}
	id, refused := s.keyOf(ctx, name, version, leaf, object.KID)
	if refused != nil {
		return found{}, refused
	}
	got, err := s.withKeyInVault(ctx, name, keptKey{leaf: leaf, id: id, bounds: bounds, oddities: content.Oddities})
	if err != nil {
		return unfit(err)
	}
	return got, nil
}

// keyOf returns the ID of the key of a certificate in the vault.
func (s *Source) keyOf(ctx context.Context, name, version string, leaf *x509.Certificate,
	kid *azcertificates.ID) (keyID, *refusal) {
	if s.keys.URL != "" {
		return s.keyInHSM(ctx, name, leaf)
	}
	id, err := s.store.keyIDOf((*azkeys.ID)(kid))
	if err != nil {
		return keyID{}, unfitVersion(version, fmt.Errorf("certificate version %s: its key: %w", version, err))
	}
	return id, nil
}

// keptKey is a key that stays in its store, with what was read of its certificate.
type keptKey struct {
	leaf     *x509.Certificate
	beside   []*x509.Certificate // what came with the leaf
	id       keyID
	bounds   validity
	oddities []material.Oddity
}

// withKeyInVault makes the certificate for a key that stays in its store.
func (s *Source) withKeyInVault(ctx context.Context, name string, k keptKey) (found, error) {
	if _, err := usualHash(k.leaf.PublicKey); err != nil {
		return found{}, err
	}
	chain, err := s.complete(ctx, k.leaf, append(k.beside, s.keys.Files[strings.ToLower(name)]...))
	if err != nil {
		return found{}, err
	}
	key := &vaultKey{store: s.store, id: k.id, public: k.leaf.PublicKey}
	got := usableFor(chain, key, k.bounds, k.oddities)
	key.withdraw = func(refused *refusal) { s.withdraw(got.value, refused) }
	return got, nil
}

// usableFor combines a chain and a key into an answer. Its validity is that of the leaf within the
// bounds of the vault.
func usableFor(chain []*x509.Certificate, key crypto.Signer, bounds validity, oddities []material.Oddity) found {
	from, until := bounds.from, bounds.until
	if leaf := chain[0]; from.Before(leaf.NotBefore) {
		from = leaf.NotBefore
	}
	// By RFC 5280, 4.1.2.5, the validity includes NotAfter. until itself is excluded.
	if end := chain[0].NotAfter.Add(time.Nanosecond); until.IsZero() || end.Before(until) {
		until = end
	}
	certificate := &signing.Certificate{Chain: chain, Key: key, Until: until}
	return found{answer: answer[*signing.Certificate]{value: certificate, from: from, until: until}, oddities: oddities}
}

// validity is the validity by the vault's own attributes; a zero time is no bound.
type validity struct{ from, until time.Time }

// attributes are the attributes that every kind of vault object has.
type attributes struct {
	enabled            *bool
	notBefore, expires *time.Time
	created            *time.Time
}

func secretAttributes(a *azsecrets.SecretAttributes) attributes {
	if a == nil {
		return attributes{}
	}
	return attributes{a.Enabled, a.NotBefore, a.Expires, a.Created}
}

func certificateAttributes(a *azcertificates.CertificateAttributes) attributes {
	if a == nil {
		return attributes{}
	}
	return attributes{a.Enabled, a.NotBefore, a.Expires, a.Created}
}

// attributeBounds checks the vault's own attributes, because the vault also returns the secret of
// an expired certificate.
func attributeBounds(a attributes, now time.Time) (validity, error) {
	var bounds validity
	if a.enabled == nil || !*a.enabled {
		return bounds, errNotEnabled
	}
	if a.notBefore != nil {
		bounds.from = *a.notBefore
	}
	if a.expires != nil {
		bounds.until = *a.expires
	}
	if now.Before(bounds.from) {
		return bounds, fmt.Errorf("%w, by its attributes", material.ErrNotYetValid)
	}
	if !bounds.until.IsZero() && !now.Before(bounds.until) {
		return bounds, fmt.Errorf("%w, by its attributes", material.ErrExpired)
	}
	return bounds, nil
}
