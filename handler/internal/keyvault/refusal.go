package keyvault

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"influxion/handler/internal/keyvault/connection"
	"influxion/handler/internal/signing"
)

// refusal is the outcome of a fetch that returned no value: the error for callers, and what it
// means for cached values.
type refusal struct {
	err      *signing.Error
	final    bool          // a definite answer of the vault: the cached value must not be used any more
	remember time.Duration // for how long the vault is not asked again
	everyone bool          // throttled: the vault is not asked for anything else either
	stopped  bool          // an operator stopped the use: no older version may sign instead
	unfit    *unfit        // the refused version, if an older one may sign instead; else nil
}

const (
	rememberFinal     = 30 * time.Second
	rememberTransient = 2 * time.Second
	maxRetryAfter     = time.Minute
)

// notFound is a final refusal of a certificate that is unknown, disabled or unfit.
func notFound(cause error) *refusal {
	return &refusal{err: signing.CertificateNotFound(cause), final: true, remember: rememberFinal}
}

// unavailable is the refusal for an outage of the vault, or for an answer that makes no sense.
func unavailable(cause error) *refusal {
	return transient("vault_unavailable", "the certificate store does not answer as expected; try again later", cause)
}

func identityUnavailable(cause error) *refusal {
	return transient("identity_unavailable",
		"this service cannot prove its own identity to the certificate store; try again later", cause)
}

func transient(code, detail string, cause error) *refusal {
	// The jitter keeps instances that failed together from returning together.
	remember := rememberTransient + rand.N(rememberTransient/2)
	return &refusal{
		err: &signing.Error{Kind: signing.Unavailable, Code: code, Detail: detail,
			RetryAfter: wholeSeconds(remember), Err: cause},
		remember: remember,
	}
}

// forbidden is the refusal if our identity lacks a right. It also ends the use of a cached
// certificate, because an operator stops this service by taking the right away.
func forbidden(cause error) *refusal {
	return &refusal{
		err: &signing.Error{
			Kind: signing.Unavailable, Code: "vault_forbidden",
			Detail:     "the certificate store refuses this service; its operator must act",
			RetryAfter: rememberFinal, Err: cause,
		},
		final: true, remember: rememberFinal, stopped: true,
	}
}

// keyUnusable is the refusal if the vault has the key but does not use it: an operator disabled it,
// or the key's own dates forbid it. The certificate's validity does not show that.
func keyUnusable(cause error) *refusal {
	return &refusal{
		err: &signing.Error{
			Kind: signing.Unavailable, Code: "key_unusable",
			Detail: "the certificate's key is disabled, has expired or is not valid yet in the certificate store; " +
				"its operator must act",
			RetryAfter: rememberFinal, Err: cause,
		},
		final: true, remember: rememberFinal,
	}
}

// after is the same refusal at a later time, with left as the rest of its waiting time.
func (r *refusal) after(left time.Duration) *refusal {
	if r.err.RetryAfter == 0 {
		return r
	}
	err, later := *r.err, *r
	err.RetryAfter = wholeSeconds(left)
	later.err = &err
	return &later
}

// about is the same refusal with the certificate whose key it is about: what that has signed can
// still be verified. A refusal that says that there is no such certificate stays as it is.
func (r *refusal) about(c *signing.Certificate) *refusal {
	if r.err.Kind == signing.NotFound {
		return r
	}
	err, known := *r.err, *r
	err.Certificate = c
	known.err = &err
	return &known
}

// wholeSeconds rounds up to whole seconds, at least one: Retry-After has no fractions, and zero
// means "not known".
func wholeSeconds(d time.Duration) time.Duration {
	return max((d + time.Second - 1).Truncate(time.Second), time.Second)
}

// operation is a request to the vault. remedy is what an operator must do if the vault refuses it.
type operation struct{ name, remedy string }

var (
	getSecret = operation{"get secret",
		"give this app's identity the role Key Vault Secrets User, or an access policy with Get for secrets; that " +
			"takes minutes to work"}
	listSecrets = operation{"list secrets",
		"give this app's identity the right to list secrets too, or name the certificates in " +
			"INFLUXION_SIGNING_CERTIFICATES"}
	getCertificate = operation{"get certificate",
		"give this app's identity the role Key Vault Reader on the certificate; that takes minutes to work"}
	listCertificates = operation{"list certificates",
		"give this app's identity the role Key Vault Reader, or name the certificates in " +
			"INFLUXION_SIGNING_CERTIFICATES"}
	getKey = operation{"get key", "give this app's identity the right keys/read on the key, such as a role that may " +
		"read and sign"}
	listKeys   = operation{"list keys", getKey.remedy}
	signDigest = operation{"sign", "give this app's identity the right keys/sign on the key: a role of your own that " +
		"may sign alone, or Key Vault Crypto User; for a Managed HSM Managed HSM Crypto User"}
)

// refusalOf turns an error of the SDK into a refusal. The cause has our own words and only short
// codes from Azure: it is logged, and Azure's texts name the vault, the tenant and the identity.
func refusalOf(op operation, err error) *refusal {
	if cause, ok := connection.IdentityCause(err); ok {
		return identityUnavailable(fmt.Errorf("%s: %s", op.name, cause))
	}
	answered, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		return unavailable(fmt.Errorf("%s: %s", op.name, connection.Cause(err)))
	}
	code, inner := connection.Codes(answered)
	cause := fmt.Errorf("%s: vault answered %d %s", op.name, answered.StatusCode, strings.TrimSpace(code+" "+inner))
	// A gateway in between can answer 403 and 404 too. Only an answer with the vault's own error
	// object is definite.
	switch {
	case answered.StatusCode == http.StatusUnauthorized:
		return identityUnavailable(fmt.Errorf("%w: a vault of another tenant accepts no token of this identity", cause))
	case answered.StatusCode == http.StatusNotFound && code != "":
		return notFound(cause)
	case answered.StatusCode == http.StatusForbidden && strings.EqualFold(inner, "SecretDisabled"):
		return notFound(cause)
	case answered.StatusCode == http.StatusForbidden && keyState(inner):
		refused := keyUnusable(cause)
		refused.stopped = strings.EqualFold(inner, "KeyDisabled")
		return refused
	case answered.StatusCode == http.StatusForbidden && code != "":
		return forbidden(fmt.Errorf("%w: %s", cause, remedy(op, inner)))
	case answered.StatusCode == http.StatusTooManyRequests || answered.StatusCode == http.StatusServiceUnavailable:
		return throttled(answered, cause)
	}
	return unavailable(cause)
}

// keyState reports whether a 403 is about the state of the key and not about the rights of the
// caller.
func keyState(inner string) bool {
	for _, state := range []string{"KeyDisabled", "KeyExpired", "KeyNotYetValid"} {
		if strings.EqualFold(inner, state) {
			return true
		}
	}
	return false
}

func remedy(op operation, inner string) string {
	if strings.EqualFold(inner, "ForbiddenByFirewall") || strings.EqualFold(inner, "ForbiddenByConnection") {
		return "the vault's network rules refuse this app: allow its outbound addresses or use a private endpoint"
	}
	return op.remedy
}

// throttled takes the waiting time from Retry-After if there is one, at most maxRetryAfter.
func throttled(answered *azcore.ResponseError, cause error) *refusal {
	refused := unavailable(cause)
	refused.everyone = answered.StatusCode == http.StatusTooManyRequests
	if rest := retryAfter(answered); rest > 0 {
		refused.remember = min(rest, maxRetryAfter)
		refused.err.RetryAfter = refused.remember
	}
	return refused
}

// retryAfter returns the duration of a Retry-After header in seconds; 0 = there is none.
func retryAfter(answered *azcore.ResponseError) time.Duration {
	if answered.RawResponse == nil {
		return 0
	}
	seconds, err := strconv.Atoi(strings.TrimSpace(answered.RawResponse.Header.Get("Retry-After")))
	if err != nil || seconds <= 0 {
		return 0
	}
	return time.Duration(min(seconds, int(time.Hour/time.Second))) * time.Second
}
