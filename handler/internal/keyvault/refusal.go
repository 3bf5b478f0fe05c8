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

	"influxion/handler/internal/signing"
)

// refusal is a fetch that brought nothing: what callers are told, and what it means for what is
// held.
type refusal struct {
	fault    *signing.Error
	final    bool          // the vault's definite word: what is held must not be used any more
	remember time.Duration // how long not to ask again
	everyone bool          // throttled: not to ask for anything else either
	stopped  bool          // an operator's word: no older version goes on
	unfit    *unfit        // the version that was refused, where an older one may go on; else nil
}

const (
	rememberFinal     = 30 * time.Second
	rememberTransient = 2 * time.Second
	maxRetryAfter     = time.Minute
)

// notFound refuses a certificate for good: unknown, disabled or unfit.
func notFound(cause error) *refusal {
	return &refusal{fault: signing.CertificateNotFound(cause), final: true, remember: rememberFinal}
}

// unavailable is an outage of the vault, or an answer that makes no sense.
func unavailable(cause error) *refusal {
	return transient("vault_unavailable", "the certificate store does not answer as it should; try again later", cause)
}

func identityUnavailable(cause error) *refusal {
	return transient("identity_unavailable",
		"this service cannot prove its own identity to the certificate store; try again later", cause)
}

func transient(code, detail string, cause error) *refusal {
	// Jitter, so that instances that failed together do not come back together.
	remember := rememberTransient + rand.N(rememberTransient/2)
	return &refusal{
		fault: &signing.Error{Kind: signing.Unavailable, Code: code, Detail: detail,
			RetryAfter: wholeSeconds(remember), Err: cause},
		remember: remember,
	}
}

// forbidden is our own lack of rights. It ends the use of a held key too: taking the right away is
// how an operator stops us.
func forbidden(cause error) *refusal {
	return &refusal{
		fault: &signing.Error{
			Kind: signing.Unavailable, Code: "vault_forbidden",
			Detail:     "the certificate store refuses this service; its operator has to act",
			RetryAfter: rememberFinal, Err: cause,
		},
		final: true, remember: rememberFinal, stopped: true,
	}
}

// keyUnusable is a key that the vault keeps and does not use: an operator disabled it, or its own
// dates do not hold. A certificate's validity does not tell.
func keyUnusable(cause error) *refusal {
	return &refusal{
		fault: &signing.Error{
			Kind: signing.Unavailable, Code: "key_unusable",
			Detail: "the certificate's key is disabled, has expired or is not valid yet in the certificate store; " +
				"its operator has to act",
			RetryAfter: rememberFinal, Err: cause,
		},
		final: true, remember: rememberFinal,
	}
}

// after is the same refusal told later, when only left remains of it.
func (r *refusal) after(left time.Duration) *refusal {
	if r.fault.RetryAfter == 0 {
		return r
	}
	fault, told := *r.fault, *r
	fault.RetryAfter = wholeSeconds(left)
	told.fault = &fault
	return &told
}

// wholeSeconds rounds up: Retry-After has no fractions, and zero would mean not known.
func wholeSeconds(d time.Duration) time.Duration {
	return max((d + time.Second - 1).Truncate(time.Second), time.Second)
}

// operation is what the vault was asked to do; its remedy is what an operator must do when the
// vault refuses.
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

// refusalOf says what an error of the SDK means. The causes that it makes are in our own words with
// nothing but short codes of Azure's in them, since they are logged and Azure's texts name vault,
// tenant and identity.
func refusalOf(op operation, err error) *refusal {
	if fault, ok := errors.AsType[*identityError](err); ok {
		return identityUnavailable(fmt.Errorf("%s: %s", op.name, describeIdentity(fault)))
	}
	answered, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		return unavailable(fmt.Errorf("%s: %s", op.name, describeConnection(err)))
	}
	code, inner := errorCodes(answered)
	cause := fmt.Errorf("%s: vault answered %d %s", op.name, answered.StatusCode, strings.TrimSpace(code+" "+inner))
	// A gateway in between answers 403 and 404 as well; only the vault's own error object counts as
	// its definite word.
	switch {
	case answered.StatusCode == http.StatusUnauthorized:
		return identityUnavailable(cause)
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

// keyState tells whether a 403 is about the key and not about the rights of who asks.
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

// throttled obeys Retry-After if there is one, within reason.
func throttled(answered *azcore.ResponseError, cause error) *refusal {
	refused := unavailable(cause)
	refused.everyone = answered.StatusCode == http.StatusTooManyRequests
	if rest := retryAfter(answered); rest > 0 {
		refused.remember = min(rest, maxRetryAfter)
		refused.fault.RetryAfter = refused.remember
	}
	return refused
}

// retryAfter gives the time of a Retry-After in seconds; 0 = there is none.
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
