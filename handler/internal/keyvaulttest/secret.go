package keyvaulttest

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// Format is the format of a certificate in its secret.
type Format string

// The formats: PEM, and PKCS#12 with the ciphers that are in use.
const (
	PEM        Format = "PEM"
	Modern     Format = "PKCS#12 AES-256"
	Modern2026 Format = "PKCS#12 AES-256 PBMAC1"
	LegacyDES  Format = "PKCS#12 3DES"
	LegacyRC2  Format = "PKCS#12 RC2"
)

// Secret is one version of a secret. Put assigns the version.
type Secret struct {
	Value       string
	ContentType string
	Managed     bool // it backs a certificate
	Disabled    bool
	NotBefore   time.Time // zero = none, as for Expires
	Expires     time.Time

	id          string
	format      Format
	created     time.Time
	certificate *Certificate // nil = the secret was added alone
	keyVersion  string       // the version of the key, which differs from that of the certificate
}

type object struct {
	name     string // in the case of the first Put
	versions []*Secret
}

// version finds a version by its ID; an empty ID is the current version.
func (o *object) version(id string) *Secret {
	if id == "" {
		return o.versions[len(o.versions)-1]
	}
	for _, secret := range o.versions {
		if strings.EqualFold(secret.id, id) {
			return secret
		}
	}
	return nil
}

var objectName = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`)

// Put adds a version of a secret and returns its ID: 32 hexadecimal digits. It becomes the current
// version.
func (v *Vault) Put(name string, secret Secret) (string, error) {
	if !objectName.MatchString(name) {
		return "", fmt.Errorf("%q cannot be the name of a secret", name)
	}
	secret.id, secret.keyVersion = newVersion(), newVersion()
	v.mu.Lock()
	defer v.mu.Unlock()
	secret.created = v.config.Now()
	key := strings.ToLower(name)
	if v.secrets[key] == nil {
		v.secrets[key] = &object{name: name}
	}
	v.secrets[key].versions = append(v.secrets[key].versions, &secret)
	return secret.id, nil
}

// PutCertificate adds a version of a certificate with an exportable key. chain has the leaf first.
// The attributes are the leaf's validity, as in the real vault.
func (v *Vault) PutCertificate(name string, format Format, chain []*x509.Certificate,
	key crypto.Signer) (string, error) {
	return v.AddCertificate(name, Certificate{Chain: chain, Key: key, Format: format, Exportable: true})
}

// Rotate adds a version with a new chain and key. Everything else is as in the current version.
func (v *Vault) Rotate(name string, chain []*x509.Certificate, key crypto.Signer) (string, error) {
	v.mu.Lock()
	found := v.secrets[strings.ToLower(name)]
	if found == nil {
		v.mu.Unlock()
		return "", fmt.Errorf("no certificate %q to rotate", name)
	}
	next := Certificate{Format: PEM, Exportable: true}
	if current := found.version("").certificate; current != nil {
		next = *current
	}
	v.mu.Unlock()
	next.Chain, next.Key = chain, key
	return v.AddCertificate(name, next)
}

// SetEnabled enables or disables a version; an empty version is the current one.
func (v *Vault) SetEnabled(name, version string, enabled bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	found := v.secrets[strings.ToLower(name)]
	if found == nil || found.version(version) == nil {
		return fmt.Errorf("no secret %q of version %q", name, version)
	}
	found.version(version).Disabled = !enabled
	return nil
}

// Delete removes a secret with all its versions.
func (v *Vault) Delete(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.secrets, strings.ToLower(name))
}

// Encode returns the content type and the value of a secret with a chain, leaf first, and its key.
func Encode(format Format, chain []*x509.Certificate, key crypto.Signer) (contentType, value string, err error) {
	encoders := map[Format]*pkcs12.Encoder{
		Modern: pkcs12.Modern2023, Modern2026: pkcs12.Modern2026, LegacyDES: pkcs12.LegacyDES,
		LegacyRC2: pkcs12.LegacyRC2,
	}
	if format == PEM {
		return encodePEM(chain, key)
	}
	encoder, ok := encoders[format]
	if !ok {
		return "", "", fmt.Errorf("unknown format %q", format)
	}
	der, err := encoder.Encode(key, chain[0], chain[1:], "")
	if err != nil {
		return "", "", fmt.Errorf("encode PKCS#12: %w", err)
	}
	return "application/x-pkcs12", base64.StdEncoding.EncodeToString(der), nil
}

// encodePEM writes the key first, as the real vault does.
func encodePEM(chain []*x509.Certificate, key crypto.Signer) (contentType, value string, err error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", fmt.Errorf("encode private key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for _, certificate := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})...)
	}
	return "application/x-pem-file", string(text), nil
}

func newVersion() string {
	var id [16]byte
	rand.Read(id[:]) // never fails, by its contract
	return hex.EncodeToString(id[:])
}

type bundle struct {
	Value       *string    `json:"value,omitempty"`
	ContentType string     `json:"contentType,omitempty"`
	ID          string     `json:"id"`
	KID         string     `json:"kid,omitempty"`
	Managed     bool       `json:"managed,omitempty"`
	Attributes  attributes `json:"attributes"`
	Tags        struct{}   `json:"tags"`
}

type attributes struct {
	Enabled         bool   `json:"enabled"`
	NotBefore       *int64 `json:"nbf,omitempty"`
	Expires         *int64 `json:"exp,omitempty"`
	Created         int64  `json:"created"`
	Updated         int64  `json:"updated"`
	RecoveryLevel   string `json:"recoveryLevel"`
	RecoverableDays int    `json:"recoverableDays"`
}

func (v *Vault) bundle(name string, secret *Secret) bundle {
	b := bundle{
		Value: &secret.Value, ContentType: secret.ContentType, Managed: secret.Managed,
		ID:         v.config.BaseURL + "/secrets/" + name + "/" + secret.id,
		Attributes: attributesOf(!secret.Disabled, secret.NotBefore, secret.Expires, secret.created),
	}
	if secret.Managed {
		b.KID = v.keyID(name, secret)
	}
	return b
}

func attributesOf(enabled bool, from, until, created time.Time) attributes {
	unix := func(t time.Time) *int64 {
		if t.IsZero() {
			return nil
		}
		seconds := t.Unix()
		return &seconds
	}
	return attributes{
		Enabled: enabled, NotBefore: unix(from), Expires: unix(until), Created: created.Unix(), Updated: created.Unix(),
		RecoveryLevel: "Recoverable+Purgeable", RecoverableDays: 90,
	}
}
