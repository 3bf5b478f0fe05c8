package keyvault

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"

	"influxion/handler/internal/keyvault/connection"
	"influxion/handler/internal/keyvault/limiter"
	"influxion/handler/internal/signing"
)

// keyStore is a store whose keys sign without leaving it: one vault or one Managed HSM. It has one
// client and one limiter for the life of the process. Safe for concurrent use.
type keyStore struct {
	client     *azkeys.Client
	credential *connection.TaggedCredential // of client
	host       string
	limits     *limiter.Limiter
	deadline   time.Duration // of one signature including retries and waiting
}

// keyID identifies one version of one key.
type keyID struct{ name, version string }

// keyIDOf parses the ID of a key in this store.
func (k *keyStore) keyIDOf(id *azkeys.ID) (keyID, error) {
	name, version, err := versionedID("keys", (*string)(id))
	if err != nil {
		return keyID{}, err
	}
	if host := hostOfID((*string)(id)); !strings.EqualFold(host, k.host) {
		return keyID{}, errors.New("its ID is of another vault")
	}
	return keyID{name, version}, nil
}

// sign has the store sign a digest, and verifies the signature.
func (k *keyStore) sign(ctx context.Context, id keyID, scheme signatureScheme, digest []byte) ([]byte, *refusal) {
	ctx, cancel := context.WithTimeout(ctx, k.deadline)
	defer cancel()
	var answer azkeys.SignResponse
	var failed error
	err := k.limits.Do(ctx, strings.ToLower(id.name), func(ctx context.Context) limiter.Outcome {
		answer, failed = within(ctx, k.credential, func() (azkeys.SignResponse, error) {
			return k.client.Sign(ctx, id.name, id.version,
				azkeys.SignParameters{Algorithm: &scheme.name, Value: digest}, nil)
		})
		return outcomeOf(failed)
	})
	switch {
	case err != nil:
		return nil, limited(err)
	case failed != nil:
		return nil, refusalOf(signDigest, failed)
	}
	if err := k.isAbout(answer.KID, id); err != nil {
		return nil, unavailable(fmt.Errorf("%s: read answer: %w", signDigest.name, err))
	}
	signature, err := scheme.read(digest, answer.Result)
	if err != nil {
		return nil, unavailable(fmt.Errorf("%s: %w", signDigest.name, err))
	}
	return signature, nil
}

// isAbout returns an error if an answer is not about the key.
func (k *keyStore) isAbout(kid *azkeys.ID, id keyID) error {
	// Parsing takes more processor time than all else here, and each signature comes this way.
	if kid != nil && string(*kid) == "https://"+k.host+"/keys/"+id.name+"/"+id.version {
		return nil
	}
	got, err := k.keyIDOf(kid)
	if err == nil && (!strings.EqualFold(got.name, id.name) || !strings.EqualFold(got.version, id.version)) {
		err = errors.New("the answer is about another key")
	}
	return err
}

// outcomeOf tells the limiter whether the vault throttled a call.
func outcomeOf(failed error) limiter.Outcome {
	answered, ok := errors.AsType[*azcore.ResponseError](failed)
	if !ok || answered.StatusCode != http.StatusTooManyRequests {
		return limiter.Outcome{}
	}
	return limiter.Outcome{Throttled: true, RetryAfter: retryAfter(answered)}
}

// limited is the refusal if the limiter let no call through.
func limited(err error) *refusal {
	refused := unavailable(fmt.Errorf("%s: %s", signDigest.name, describeWait(err)))
	if resting, ok := errors.AsType[*limiter.RestingError](err); ok {
		refused.err.RetryAfter = wholeSeconds(min(resting.Left, maxRetryAfter))
	}
	return refused
}

func describeWait(err error) string {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return connection.Cause(err)
	}
	return err.Error()
}

// vaultKey is a private key that never leaves its store. It implements signing.RemoteKey. It has a
// context because crypto.Signer takes none: WithContext makes a copy for one request.
type vaultKey struct {
	store  *keyStore
	id     keyID
	public crypto.PublicKey // from the certificate; no later answer of the vault replaces it
	ctx    context.Context  // nil = none
	// withdraw is called with a definite refusal: the certificate must not be used any more.
	withdraw func(*refusal)
}

// Public returns the public key of the certificate.
func (k *vaultKey) Public() crypto.PublicKey { return k.public }

// WithContext returns the same key with calls that end with ctx.
func (k *vaultKey) WithContext(ctx context.Context) crypto.Signer {
	bound := *k
	bound.ctx = ctx
	return &bound
}

// Sign has the vault sign a digest and verifies the signature. RSA signatures are as long as the
// modulus, ECDSA signatures are DER. Its errors are *signing.Error.
func (k *vaultKey) Sign(_ io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	scheme, err := schemeOf(k.public, digest, options)
	if err != nil {
		return nil, &signing.Error{Kind: signing.Unprocessable, Code: "key_unsupported",
			Detail: "the certificate's key cannot make this signature", Err: err}
	}
	ctx := k.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	signature, refused := k.store.sign(ctx, k.id, scheme, digest)
	if refused == nil {
		return signature, nil
	}
	if ctx.Err() != nil {
		return nil, &signing.Error{Kind: signing.DeadlineExceeded, Code: "deadline_exceeded",
			Detail: "the certificate store took longer than this request may", Err: refused.err}
	}
	if refused.final {
		k.withdraw(refused)
	}
	return nil, refused.err
}

var _ signing.RemoteKey = (*vaultKey)(nil)
