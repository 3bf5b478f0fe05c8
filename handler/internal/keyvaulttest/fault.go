package keyvaulttest

import (
	"fmt"
	"net/http"
	"strings"
)

// Kind is the kind of a fault.
type Kind string

// The kinds. Those of the gateway are answers from something between the client and the vault.
const (
	ForbiddenByRBAC     Kind = "ForbiddenByRbac"
	ForbiddenByPolicy   Kind = "ForbiddenByPolicy"
	ForbiddenByFirewall Kind = "ForbiddenByFirewall"
	NotFound            Kind = "404"
	Throttled           Kind = "429"
	ServerError         Kind = "500"
	Unavailable         Kind = "503"
	TokenRefused        Kind = "401 AKV10046"       // for a good token
	Slow                Kind = "slow"               // no answer until ClearFault, or until the client leaves
	Down                Kind = "down"               // the connection is closed
	Garbage             Kind = "garbage"            // 200, but not JSON
	Empty               Kind = "empty"              // 200 and {}
	Huge                Kind = "huge"               // 200 and megabytes of JSON
	OtherName           Kind = "other name"         // the answer is about another secret
	OtherVersion        Kind = "other version"      // the answer is the current version, whichever was asked for
	NotEnabled          Kind = "not enabled"        // 200, but attributes.enabled is false
	BrokenChallenge     Kind = "broken challenge"   // 401 with a challenge that names no authority
	PathlessChallenge   Kind = "pathless challenge" // 401 with an authority that is no URL
	ForeignChallenge    Kind = "foreign challenge"  // of another service
	ForeignTenant       Kind = "foreign tenant"     // the vault belongs to another tenant
	ForeignNextLink     Kind = "foreign next link"
	EndlessList         Kind = "endless list"
	Redirect            Kind = "redirect"
	GatewayForbidden    Kind = "gateway 403"
	GatewayNotFound     Kind = "gateway 404"

	// For signatures only.
	OtherKey        Kind = "other key"         // the answer is about another key
	OtherKeyVersion Kind = "other key version" // another version of the key
	NoKID           Kind = "no kid"
	WrongSignature  Kind = "wrong signature" // one bit is wrong
	ShortSignature  Kind = "short signature"
	LongSignature   Kind = "long signature"
	NoSignature     Kind = "no signature"
	ZeroSignature   Kind = "zero signature"
)

func spoilsSignature(kind Kind) bool {
	switch kind {
	case OtherKey, OtherKeyVersion, NoKID, WrongSignature, ShortSignature, LongSignature, NoSignature, ZeroSignature:
		return true
	}
	return false
}

// Fault is a fault, and the requests that it affects.
type Fault struct {
	Kind       Kind
	RetryAfter string    // the Retry-After header, for Throttled and Unavailable; "" = none
	Times      int       // number of requests; 0 = until ClearFault
	Name       string    // only for the object of this name; "" = for every request
	On         Operation // only for this operation; "" = for every operation
}

type fault struct {
	Fault
	left    int
	cleared chan struct{}
}

// SetFault makes requests fail from now on. It replaces an earlier fault.
func (v *Vault) SetFault(set Fault) {
	v.ClearFault()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fault = &fault{Fault: set, left: set.Times, cleared: make(chan struct{})}
}

// ClearFault ends a fault and releases the requests that it blocks.
func (v *Vault) ClearFault() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fault != nil {
		close(v.fault.cleared)
		v.fault = nil
	}
}

// take returns the fault for this request if befalls accepts its kind; nil = there is none.
func (v *Vault) take(r *http.Request, befalls func(Kind) bool) *fault {
	v.mu.Lock()
	defer v.mu.Unlock()
	set := v.fault
	if set == nil || set.Kind == "" || !befalls(set.Kind) {
		return nil
	}
	operation, name := operationOf(r)
	if set.Name != "" && !strings.EqualFold(name, set.Name) || set.On != "" && operation != set.On {
		return nil
	}
	if set.Times > 0 {
		if set.left == 0 {
			return nil
		}
		set.left--
	}
	return set
}

func beforeAuthentication(kind Kind) bool {
	return kind == Down || kind == BrokenChallenge || kind == PathlessChallenge || kind == ForeignChallenge ||
		kind == ForeignTenant
}

// preempt answers with a fault that comes before authentication, and reports whether it did.
func (v *Vault) preempt(w http.ResponseWriter, r *http.Request) bool {
	set := v.take(r, beforeAuthentication)
	if set == nil {
		return false
	}
	v.count(r)
	switch set.Kind {
	case Down:
		panic(http.ErrAbortHandler)
	case BrokenChallenge:
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer authorization="none", resource="%s"`, v.config.Resource))
	case PathlessChallenge:
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer authorization="x", resource="%s"`, v.config.Resource))
	case ForeignChallenge:
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer authorization="%s/%s", resource="https://other.example.net"`,
			v.config.AuthorityHost, v.config.TenantID))
	case ForeignTenant:
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer authorization="%s/99999999-0000-0000-0000-000000000000", resource="%s"`,
			v.config.AuthorityHost, v.config.Resource))
	}
	problem(w, http.StatusUnauthorized, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.", "")
	return true
}

// forbid answers that an authenticated caller lacks a right.
func (v *Vault) forbid(w http.ResponseWriter, kind Kind) {
	problem(w, http.StatusForbidden, "Forbidden",
		fmt.Sprintf("Caller is not authorized to perform action on resource. "+
			"Caller: appid=00000000-0000-0000-0000-00000000ca11;"+
			"oid=00000000-0000-0000-0000-0000000000bb;iss=https://sts.windows.net/%s/\r\n"+
			"Vault: %s;location=westeurope", v.config.TenantID, v.config.BaseURL), string(kind))
}

// interfere answers with a fault that comes after authentication, and reports whether it did.
func (v *Vault) interfere(w http.ResponseWriter, r *http.Request) bool {
	set := v.take(r, func(kind Kind) bool { return !beforeAuthentication(kind) && !spoilsSignature(kind) })
	if set == nil {
		return false
	}
	switch set.Kind {
	case ForbiddenByRBAC, ForbiddenByPolicy, ForbiddenByFirewall:
		v.forbid(w, set.Kind)
	case NotFound:
		problem(w, http.StatusNotFound, "SecretNotFound", "A secret was not found in this key vault "+v.config.BaseURL,
			"")
	case Throttled:
		retryLater(w, http.StatusTooManyRequests, "Throttled", set.RetryAfter)
	case ServerError:
		problem(w, http.StatusInternalServerError, "InternalServerError", "An error occurred in "+v.config.BaseURL, "")
	case Unavailable:
		retryLater(w, http.StatusServiceUnavailable, "ServiceUnavailable", set.RetryAfter)
	case TokenRefused:
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer authorization="%s/%s", resource="%s"`,
			v.config.AuthorityHost, v.config.TenantID, v.config.Resource))
		problem(w, http.StatusUnauthorized, "Unauthorized",
			"AKV10046: Unable to resolve the key used for signature validation.", "")
	case Slow:
		select {
		case <-set.cleared:
			return false
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	default:
		return v.missay(w, r, set.Kind)
	}
	return true
}

// missay answers with something other than what was asked for, and reports whether it did.
func (v *Vault) missay(w http.ResponseWriter, r *http.Request, kind Kind) bool {
	other := v.config.BaseURL + "/secrets/another/" + newVersion()
	switch kind {
	case Garbage:
		fmt.Fprint(w, "<html>sign in to the network</html>")
	case Empty:
		fmt.Fprint(w, "{}")
	case Huge:
		fmt.Fprintf(w, `{"id":%q,"managed":true,"value":"%s"}`, other, strings.Repeat("A", 4<<20))
	case Redirect:
		http.Redirect(w, r, v.config.BaseURL+"/secrets/another?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	case GatewayForbidden, GatewayNotFound:
		status := map[Kind]int{GatewayForbidden: http.StatusForbidden, GatewayNotFound: http.StatusNotFound}[kind]
		http.Error(w, "<html>blocked</html>", status)
	case ForeignNextLink, EndlessList:
		next := v.config.BaseURL + "/secrets?api-version=7.4&$skiptoken=" + newVersion()
		if kind == ForeignNextLink {
			next = "https://other.example.net/secrets?api-version=7.4"
		}
		answerJSON(w, http.StatusOK, listPage{Value: []any{}, NextLink: &next})
	default:
		return v.answerAnother(w, r, kind, other)
	}
	return true
}

func (v *Vault) answerAnother(w http.ResponseWriter, r *http.Request, kind Kind, other string) bool {
	operation, name := operationOf(r)
	v.mu.Lock()
	defer v.mu.Unlock()
	found, current := v.find(name, "")
	if found == nil {
		return false
	}
	if operation == GetCertificate && current.certificate != nil {
		answer := v.certificateBundle(found.name, current)
		switch kind {
		case OtherName:
			answer.ID = strings.Replace(other, "/secrets/", "/certificates/", 1)
		case NotEnabled:
			answer.Attributes.Enabled = false
		}
		answerJSON(w, http.StatusOK, answer)
		return true
	}
	if operation != GetSecret {
		return false
	}
	answer := v.bundle(found.name, current)
	switch kind {
	case OtherName:
		answer.ID = other
	case NotEnabled:
		answer.Attributes.Enabled = false
	}
	answerJSON(w, http.StatusOK, answer)
	return true
}

func retryLater(w http.ResponseWriter, status int, code, after string) {
	if after != "" {
		w.Header().Set("Retry-After", after)
	}
	problem(w, status, code, "Request was not processed because too many requests were received.", "")
}
