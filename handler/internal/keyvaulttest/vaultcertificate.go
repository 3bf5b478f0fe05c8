package keyvaulttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// Certificate is one version of a certificate with its key, as the vault stores them.
type Certificate struct {
	Chain      []*x509.Certificate // leaf first
	Key        crypto.Signer       // never leaves the vault unless Exportable
	Format     Format              // of the secret; "" = Modern
	Exportable bool                // the secret contains the key too
	HSM        bool                // the key is in hardware: key types RSA-HSM and EC-HSM

	KeyDisabled  bool      // of the key only
	KeyNotBefore time.Time // of the key only; zero = none, as for KeyExpires
	KeyExpires   time.Time
}

// AddCertificate adds a version of a certificate with its key and the secret that backs it, and
// returns the version. It becomes the current version. The key gets a version of its own.
func (v *Vault) AddCertificate(name string, c Certificate) (string, error) {
	if c.Format == "" {
		c.Format = Modern
	}
	encode := func() (string, string, error) { return Encode(c.Format, c.Chain, c.Key) }
	if !c.Exportable {
		encode = func() (string, string, error) { return encodeWithoutKey(c.Format, c.Chain) }
	}
	contentType, value, err := encode()
	if err != nil {
		return "", err
	}
	return v.Put(name, Secret{
		Value: value, ContentType: contentType, Managed: true, format: c.Format, certificate: &c,
		NotBefore: c.Chain[0].NotBefore, Expires: c.Chain[0].NotAfter,
	})
}

// encodeWithoutKey returns the content type and the value of the secret of a certificate whose key
// may not be exported. The value has the chain only.
func encodeWithoutKey(format Format, chain []*x509.Certificate) (contentType, value string, err error) {
	if format == PEM {
		var text []byte
		for _, certificate := range chain {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})...)
		}
		return "application/x-pem-file", string(text), nil
	}
	var bags []Bag
	for _, certificate := range chain {
		bags = append(bags, Bag{Certificate: certificate.Raw})
	}
	der, err := PlainPKCS12(bags)
	if format == Modern {
		der, err = pkcs12.Modern.EncodeTrustStore(chain, "")
	}
	if err != nil {
		return "", "", fmt.Errorf("encode PKCS#12: %w", err)
	}
	return "application/x-pkcs12", base64.StdEncoding.EncodeToString(der), nil
}

type certificateBundle struct {
	ID          string     `json:"id"`
	KID         string     `json:"kid,omitempty"`
	SID         string     `json:"sid,omitempty"`
	Thumbprint  string     `json:"x5t"`
	CER         []byte     `json:"cer,omitempty"`
	ContentType string     `json:"contentType,omitempty"`
	Attributes  attributes `json:"attributes"`
	Policy      any        `json:"policy,omitempty"`
}

func (v *Vault) certificateBundle(name string, secret *Secret) certificateBundle {
	c := secret.certificate
	thumbprint := sha1.Sum(c.Chain[0].Raw)
	return certificateBundle{
		ID:  v.config.BaseURL + "/certificates/" + name + "/" + secret.id,
		KID: v.keyID(name, secret), SID: v.config.BaseURL + "/secrets/" + name + "/" + secret.id,
		Thumbprint: base64.RawURLEncoding.EncodeToString(thumbprint[:]), CER: c.Chain[0].Raw,
		ContentType: secret.ContentType,
		Attributes:  attributesOf(!secret.Disabled, secret.NotBefore, secret.Expires, secret.created),
		Policy: map[string]any{"key_props": map[string]any{
			"exportable": c.Exportable, "kty": c.keyType(), "reuse_key": false,
		}},
	}
}

func (c *Certificate) keyType() string {
	kind := "RSA"
	if _, ok := c.Key.Public().(*ecdsa.PublicKey); ok {
		kind = "EC"
	}
	if c.HSM {
		kind += "-HSM"
	}
	return kind
}

func (v *Vault) getCertificate(w http.ResponseWriter, name, version string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found, chosen := v.find(name, version)
	if chosen == nil || chosen.certificate == nil {
		problem(w, http.StatusNotFound, "CertificateNotFound",
			fmt.Sprintf("A certificate with (name/id) %s/%s was not found in this key vault.", name, version), "")
		return
	}
	answerJSON(w, http.StatusOK, v.certificateBundle(found.name, chosen))
}

// find returns an object and one of its versions; nil = there is none.
func (v *Vault) find(name, version string) (*object, *Secret) {
	found := v.secrets[strings.ToLower(name)]
	if found == nil {
		return nil, nil
	}
	return found, found.version(version)
}
