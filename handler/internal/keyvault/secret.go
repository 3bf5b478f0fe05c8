package keyvault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"influxion/handler/internal/signing"
)

// Bounds of a listing. A vault with more certificates than are cached would be fetched anew at each
// listing.
const (
	maxPages = 100
	maxNames = maxCertificates
)

// secret asks the vault for a secret.
func (s *Source) secret(ctx context.Context, name, version string) (*azsecrets.Secret, *refusal) {
	response, err := guarded(
		func() (azsecrets.GetSecretResponse, error) { return s.client.GetSecret(ctx, name, version, nil) })
	if answered, ok := errors.AsType[*azcore.ResponseError](err); ok && answered.StatusCode == http.StatusUnauthorized {
		// The vault now and then refuses a good token (AKV10046).
		response, err = guarded(
			func() (azsecrets.GetSecretResponse, error) { return s.client.GetSecret(ctx, name, version, nil) })
	}
	if err != nil {
		return nil, refusalOf(getSecret, err)
	}
	return &response.Secret, nil
}

// guarded turns a panic of the SDK into an error: it indexes the parts of the vault's challenge
// unchecked, and a panic in a background fetch would end the process. The value is not told, since
// it may hold part of an answer.
func guarded[T any](call func() (T, error)) (result T, err error) {
	defer func() {
		if recover() != nil {
			err = errSDKPanic
		}
	}()
	return call()
}

var errSDKPanic = errors.New("the SDK cannot cope with the answer")

// fetchCertificate asks the vault for a certificate and checks everything about it.
func (s *Source) fetchCertificate(ctx context.Context, key secretKey) (answer[*signing.Certificate], *refusal) {
	secret, refused := s.secret(ctx, key.name, key.version)
	if refused != nil {
		return answer[*signing.Certificate]{}, refused
	}
	name, version, err := secretID(secret.ID)
	if err == nil && !strings.EqualFold(name, key.name) {
		err = errors.New("the answer is about another secret")
	}
	if err != nil {
		return answer[*signing.Certificate]{}, unavailable(fmt.Errorf("read answer: %w", err))
	}
	if key.version != "" && !strings.EqualFold(version, key.version) {
		// For a version that it does not know the vault may answer with the current one.
		return answer[*signing.Certificate]{}, notFound(errors.New("the vault answered with another version"))
	}
	got, oddities, err := readCertificate(secret, s.now())
	if err != nil {
		return answer[*signing.Certificate]{}, notFound(fmt.Errorf("secret version %s: %w", version, err))
	}
	for _, odd := range oddities {
		s.logger.WarnContext(ctx, "certificate in the vault is not as X.509 has it", "certificate", name, "version",
			version,
			"subject", odd.subject, "reason", odd.reason)
	}
	got.value.Name, got.value.Version = name, version
	return got, nil
}

// readCertificate refuses a secret that backs no certificate before it looks at its value.
func readCertificate(secret *azsecrets.Secret, now time.Time) (answer[*signing.Certificate], []oddity, error) {
	none := answer[*signing.Certificate]{}
	if secret.Managed == nil || !*secret.Managed {
		return none, nil, errors.New("backs no certificate")
	}
	from, until, err := attributeBounds(secret.Attributes, now)
	if err != nil {
		return none, nil, err
	}
	if secret.ContentType == nil || secret.Value == nil {
		return none, nil, errors.New("has no content type or no value")
	}
	found, err := parse(*secret.ContentType, *secret.Value, now)
	if err != nil {
		return none, nil, err
	}
	if leaf := found.chain[0]; from.Before(leaf.NotBefore) {
		from = leaf.NotBefore
	}
	// RFC 5280, 4.1.2.5: the validity includes NotAfter; until does not include itself.
	if end := found.chain[0].NotAfter.Add(time.Nanosecond); until.IsZero() || end.Before(until) {
		until = end
	}
	certificate := &signing.Certificate{Chain: found.chain, Key: found.key}
	return answer[*signing.Certificate]{value: certificate, from: from, until: until}, found.oddities, nil
}

// attributeBounds checks the vault's own attributes: the vault serves the secret of an expired
// certificate all the same.
func attributeBounds(attributes *azsecrets.SecretAttributes, now time.Time) (from, until time.Time, err error) {
	if attributes == nil || attributes.Enabled == nil || !*attributes.Enabled {
		return from, until, errors.New("is not enabled")
	}
	if attributes.NotBefore != nil {
		from = *attributes.NotBefore
	}
	if attributes.Expires != nil {
		until = *attributes.Expires
	}
	if now.Before(from) {
		return from, until, errors.New("is not valid yet, by its attributes")
	}
	if !until.IsZero() && !now.Before(until) {
		return from, until, errors.New("has expired, by its attributes")
	}
	return from, until, nil
}

// secretID reads https://<vault>/secrets/<name>/<version>. The SDK's own reader panics on an ID
// without a name.
func secretID(id *azsecrets.ID) (name, version string, err error) {
	name, rest, err := splitID(id)
	if err != nil {
		return "", "", err
	}
	if !signing.ValidCertificateVersion(rest) {
		return "", "", errors.New("its ID has no version")
	}
	return name, rest, nil
}

func splitID(id *azsecrets.ID) (name, rest string, err error) {
	if id == nil {
		return "", "", errors.New("it has no ID")
	}
	u, err := url.Parse(string(*id))
	if err != nil {
		return "", "", errors.New("its ID is not a URL")
	}
	path, ok := strings.CutPrefix(u.Path, "/secrets/")
	name, rest, _ = strings.Cut(path, "/")
	if !ok || !signing.ValidCertificateName(name) {
		return "", "", errors.New("its ID names no secret")
	}
	return name, rest, nil
}

// fetchNames lists the secrets that could be signing certificates. Which of them are fit shows when
// they are fetched.
func (s *Source) fetchNames(ctx context.Context, _ struct{}) (answer[[]string], *refusal) {
	pager := s.client.NewListSecretPropertiesPager(nil)
	var names []string
	for page := 0; pager.More(); page++ {
		if page == maxPages || len(names) > maxNames {
			return answer[[]string]{}, unavailable(fmt.Errorf("list secrets: more than %d pages or %d certificates: "+
				"name the certificates in INFLUXION_SIGNING_CERTIFICATES", maxPages, maxNames))
		}
		listed, err := guarded(func() (azsecrets.ListSecretPropertiesResponse, error) { return pager.NextPage(ctx) })
		if err != nil {
			return answer[[]string]{}, refusalOf(listSecrets, err)
		}
		for _, properties := range listed.Value {
			if name, ok := s.listed(properties); ok {
				names = append(names, name)
			}
		}
	}
	if len(names) > maxNames {
		return answer[[]string]{}, unavailable(fmt.Errorf("list secrets: more than %d certificates: "+
			"name the certificates in INFLUXION_SIGNING_CERTIFICATES", maxNames))
	}
	slices.Sort(names)
	return answer[[]string]{value: slices.Compact(names)}, nil
}

func (s *Source) listed(properties *azsecrets.SecretProperties) (string, bool) {
	if properties == nil || properties.Managed == nil || !*properties.Managed || properties.ContentType == nil {
		return "", false
	}
	if formatOf(*properties.ContentType) == nil {
		return "", false
	}
	if _, _, err := attributeBounds(properties.Attributes, s.now()); err != nil {
		return "", false
	}
	name, _, err := splitID(properties.ID)
	return name, err == nil
}
