package keyvault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"influxion/handler/internal/keyvault/connection"
	"influxion/handler/internal/keyvault/limiter"
)

// clients are the SDK clients of one vault. They live as long as the process, because each new
// client repeats the authentication challenge.
type clients struct {
	secrets      *azsecrets.Client
	certificates *azcertificates.Client
}

func newClients(vault *url.URL, config Config) (clients, error) {
	options := connection.ClientOptions(config.Transport, vault.Host, config.TryTimeout, config.RetryDelay)
	credential := connection.Tagged(config.Credential)
	secrets, err := azsecrets.NewClient(vault.String(), credential, &azsecrets.ClientOptions{ClientOptions: options})
	if err != nil {
		return clients{}, fmt.Errorf("make Key Vault client: %w", err)
	}
	certificates, err := azcertificates.NewClient(vault.String(), credential,
		&azcertificates.ClientOptions{ClientOptions: options})
	if err != nil {
		return clients{}, fmt.Errorf("make Key Vault client: %w", err)
	}
	return clients{secrets, certificates}, nil
}

func newKeyStore(vault *url.URL, config Config) (*keyStore, error) {
	options := connection.ClientOptions(config.Transport, vault.Host, config.TryTimeout, config.RetryDelay)
	// The SDK must not retry throttled requests: the limiter does that, because it knows the other
	// calls too.
	options.Retry.StatusCodes = []int{http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout}
	credential := connection.Tagged(config.Credential)
	client, err := azkeys.NewClient(vault.String(), credential, &azkeys.ClientOptions{ClientOptions: options})
	if err != nil {
		return nil, fmt.Errorf("make Key Vault client: %w", err)
	}
	return &keyStore{client: client, credential: credential, host: vault.Host,
		limits: limiter.New(config.Keys.Limits), deadline: config.Deadline}, nil
}

// asked makes a call to the vault. It repeats the call once if the vault answers 401, because the
// vault now and then refuses a good token (AKV10046).
func asked[T any](call func() (T, error)) (T, error) {
	result, err := guarded(call)
	if answered, ok := errors.AsType[*azcore.ResponseError](err); ok && answered.StatusCode == http.StatusUnauthorized {
		return guarded(call)
	}
	return result, err
}

// within is asked, but it returns when ctx ends, even if the call does not: a call of the SDK that
// needs an access token waits for the one that another call is getting, whatever its own ctx says.
func within[T any](ctx context.Context, with *connection.TaggedCredential, call func() (T, error)) (T, error) {
	if with.Settled() { // as nearly always: then no goroutine is needed
		return asked(call)
	}
	type outcome struct {
		result T
		err    error
	}
	ended := make(chan outcome, 1)
	go func() {
		result, err := asked(call)
		ended <- outcome{result, err}
	}()
	select {
	case o := <-ended:
		return o.result, o.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// guarded turns a panic of the SDK into an error. The SDK indexes the parts of the vault's
// challenge unchecked, and a panic in a background fetch would end the process. The error omits the
// panic value, because that may contain part of an answer.
func guarded[T any](call func() (T, error)) (result T, err error) {
	defer func() {
		if recover() != nil {
			err = errSDKPanic
		}
	}()
	return call()
}

var errSDKPanic = errors.New("the SDK cannot process the answer")
