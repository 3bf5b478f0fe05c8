package keyvaulttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// Signing configures how the vault signs.
type Signing struct {
	Takes time.Duration // time for each signature
	// PerSecond bounds the signatures of all keys together in a second, counted in windows of 0.1
	// seconds. The vault answers further requests with 429. 0 = no bound.
	PerSecond int
}

// SetSigning replaces the configuration of signing.
func (v *Vault) SetSigning(s Signing) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.signing = s
}

// Signatures is the number of signatures that the vault has made.
func (v *Vault) Signatures() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.signatures
}

// ChangeKey changes the stored key of a version of a certificate; an empty version is the current
// one. It returns an error if there is no such certificate.
func (v *Vault) ChangeKey(name, version string, change func(*Certificate)) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, chosen := v.find(name, version)
	if chosen == nil || chosen.certificate == nil {
		return fmt.Errorf("no certificate %q of version %q", name, version)
	}
	change(chosen.certificate)
	return nil
}

func (v *Vault) keyID(name string, secret *Secret) string {
	return v.config.BaseURL + "/keys/" + name + "/" + secret.keyVersion
}

// findKey finds a key by the key's own version; an empty version is the current one.
func (v *Vault) findKey(name, version string) (*object, *Secret) {
	found := v.secrets[strings.ToLower(name)]
	if found == nil {
		return nil, nil
	}
	if version == "" && found.version("").certificate != nil {
		return found, found.version("")
	}
	for _, secret := range found.versions {
		if secret.certificate != nil && strings.EqualFold(secret.keyVersion, version) {
			return found, secret
		}
	}
	return nil, nil
}

type keyBundle struct {
	Key        *jsonWebKey `json:"key,omitempty"`
	KID        string      `json:"kid,omitempty"` // in lists
	Attributes attributes  `json:"attributes"`
	Managed    bool        `json:"managed"`
}

type jsonWebKey struct {
	KID   string   `json:"kid"`
	Type  string   `json:"kty"`
	Ops   []string `json:"key_ops"`
	N     string   `json:"n,omitempty"`
	E     string   `json:"e,omitempty"`
	Curve string   `json:"crv,omitempty"`
	X     string   `json:"x,omitempty"`
	Y     string   `json:"y,omitempty"`
}

func (v *Vault) keyAttributes(secret *Secret) attributes {
	c := secret.certificate
	return attributesOf(!secret.Disabled && !c.KeyDisabled, c.KeyNotBefore, c.KeyExpires, secret.created)
}

// getKey answers with the public key.
func (v *Vault) getKey(w http.ResponseWriter, name, version string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found, secret := v.findKey(name, version)
	if secret == nil {
		keyNotFound(w, name, version)
		return
	}
	key := &jsonWebKey{KID: v.keyID(found.name, secret), Type: secret.certificate.keyType(),
		Ops: []string{"sign", "verify"}}
	text := base64.RawURLEncoding.EncodeToString
	switch public := secret.certificate.Key.Public().(type) {
	case *rsa.PublicKey:
		key.N, key.E = text(public.N.Bytes()), text(big.NewInt(int64(public.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			panic("internal error: " + err.Error())
		}
		half := len(point) / 2
		key.Curve, key.X, key.Y = public.Curve.Params().Name, text(point[1:1+half]), text(point[1+half:])
	}
	answerJSON(w, http.StatusOK, keyBundle{Key: key, Attributes: v.keyAttributes(secret), Managed: true})
}

func keyNotFound(w http.ResponseWriter, name, version string) {
	problem(w, http.StatusNotFound, "KeyNotFound",
		fmt.Sprintf("A key with (name/id) %s/%s was not found in this key vault.", name, version), "")
}

// sign signs a digest: POST /keys/{name}/{version}/sign.
func (v *Vault) sign(w http.ResponseWriter, r *http.Request, name, version string) {
	var asked struct{ Alg, Value string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&asked); err != nil {
		problem(w, http.StatusBadRequest, "BadParameter", "the body cannot be read", "")
		return
	}
	v.mu.Lock()
	found, secret := v.findKey(name, version)
	if secret == nil {
		v.mu.Unlock()
		keyNotFound(w, name, version)
		return
	}
	state, kid := *secret.certificate, v.keyID(found.name, secret)
	state.KeyDisabled = state.KeyDisabled || secret.Disabled
	takes, allowed := v.signing.Takes, v.withinRate()
	v.mu.Unlock()
	if !allowed {
		retryLater(w, http.StatusTooManyRequests, "Throttled", "")
		return
	}
	if reason := state.refuses(v.config.Now()); reason != "" {
		problem(w, http.StatusForbidden, "Forbidden", "Operation sign is not allowed on this key.", reason)
		return
	}
	digest, err := base64.RawURLEncoding.DecodeString(asked.Value)
	if err != nil {
		problem(w, http.StatusBadRequest, "BadParameter", "value is not base64url", "")
		return
	}
	signature, err := state.sign(asked.Alg, digest)
	if err != nil {
		problem(w, http.StatusBadRequest, "BadParameter", err.Error(), "")
		return
	}
	if takes > 0 {
		time.Sleep(takes)
	}
	v.answerSignature(w, r, kid, signature)
}

// withinRate counts a signature and reports whether it is within Signing.PerSecond. The caller must
// have locked v.mu.
func (v *Vault) withinRate() bool {
	if v.signing.PerSecond == 0 {
		v.signatures++
		return true
	}
	if window := time.Now().Truncate(time.Second / 10); !window.Equal(v.window) {
		v.window, v.inWindow = window, 0
	}
	if v.inWindow >= max(1, v.signing.PerSecond/10) {
		return false
	}
	v.inWindow++
	v.signatures++
	return true
}

// refuses returns the vault's error code if the key may not be used now; "" = it may.
func (c *Certificate) refuses(now time.Time) string {
	switch {
	case c.KeyDisabled:
		return "KeyDisabled"
	case !c.KeyNotBefore.IsZero() && now.Before(c.KeyNotBefore):
		return "KeyNotYetValid"
	case !c.KeyExpires.IsZero() && !now.Before(c.KeyExpires):
		return "KeyExpired"
	}
	return ""
}

// sign makes a signature in the vault's form. For an elliptic curve that is r and s, each padded on
// the left.
func (c *Certificate) sign(alg string, digest []byte) ([]byte, error) {
	hash, ok := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[alg[min(2,
		len(alg)):]]
	if !ok || len(digest) != hash.Size() {
		return nil, errors.New("the algorithm is unknown, or the digest does not fit it")
	}
	switch key := c.Key.(type) {
	case *rsa.PrivateKey:
		switch alg[:2] {
		case "RS":
			return rsa.SignPKCS1v15(rand.Reader, key, hash, digest)
		case "PS":
			return rsa.SignPSS(rand.Reader, key, hash, digest, &rsa.PSSOptions{SaltLength: hash.Size(), Hash: hash})
		}
	case *ecdsa.PrivateKey:
		tied := map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()}
		if tied[alg] == key.Curve {
			return signECDSA(key, digest)
		}
	}
	return nil, fmt.Errorf("the key does not support the algorithm %q", alg)
}

func signECDSA(key *ecdsa.PrivateKey, digest []byte) ([]byte, error) {
	der, err := ecdsa.SignASN1(rand.Reader, key, digest)
	if err != nil {
		return nil, err
	}
	var values struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &values); err != nil {
		return nil, err
	}
	size := (key.Params().BitSize + 7) / 8
	raw := make([]byte, 2*size)
	values.R.FillBytes(raw[:size])
	values.S.FillBytes(raw[size:])
	return raw, nil
}

// answerSignature answers with a signature, or with what the fault turns it into.
func (v *Vault) answerSignature(w http.ResponseWriter, r *http.Request, kid string, signature []byte) {
	if set := v.take(r, spoilsSignature); set != nil {
		switch set.Kind {
		case OtherKey:
			kid = v.config.BaseURL + "/keys/another/" + newVersion()
		case OtherKeyVersion:
			kid = kid[:strings.LastIndexByte(kid, '/')+1] + newVersion()
		case NoKID:
			kid = ""
		case WrongSignature:
			signature[len(signature)/2] ^= 1
		case ShortSignature:
			signature = signature[:len(signature)-1]
		case LongSignature:
			signature = append(signature, 0)
		case NoSignature:
			signature = nil
		case ZeroSignature:
			clear(signature)
		}
	}
	answerJSON(w, http.StatusOK, map[string]string{"kid": kid,
		"value": base64.RawURLEncoding.EncodeToString(signature)})
}
