package client

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// MaxHashes is the largest number of hashes that SignHashes takes.
const MaxHashes = 100

// HashCertificate is a certificate whose key signs hashes of content that Influxion does not see.
// The deployment must offer this, and the caller must hold the app role hash.<certificate>:
// docs/hash-signing.md.
type HashCertificate struct {
	Name  string
	Chain []*x509.Certificate // leaf first
}

// HashCertificates returns the names of the certificates whose keys sign hashes for the caller.
func (c *Client) HashCertificates(ctx context.Context) ([]string, error) {
	var answer struct {
		CredentialIDs []string `json:"credentialIDs"`
	}
	err := c.csc(ctx, "credentials/list", map[string]any{}, &answer)
	return answer.CredentialIDs, err
}

// HashCertificate returns one such certificate.
func (c *Client) HashCertificate(ctx context.Context, name string) (*HashCertificate, error) {
	var answer struct {
		Cert struct {
			Certificates [][]byte `json:"certificates"`
		} `json:"cert"`
	}
	ask := map[string]any{"credentialID": name, "certificates": "chain"}
	if err := c.csc(ctx, "credentials/info", ask, &answer); err != nil {
		return nil, err
	}
	found := &HashCertificate{Name: name}
	for _, der := range answer.Cert.Certificates {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("read certificate: %w", err)
		}
		found.Chain = append(found.Chain, certificate)
	}
	if len(found.Chain) == 0 {
		return nil, errors.New("got no certificate")
	}
	return found, nil
}

// SignHashes signs 1 to MaxHashes hashes, each made with the given hash function, and returns the
// signatures in the same order: PKCS#1 v1.5 for an RSA key, DER for an ECDSA key. It does not
// verify them. A refusal is a *Problem.
func (c *Client) SignHashes(ctx context.Context, certificate *HashCertificate, hash crypto.Hash,
	hashes [][]byte) ([][]byte, error) {
	if len(certificate.Chain) == 0 {
		return nil, errors.New("the certificate has no chain")
	}
	ask := map[string]any{"credentialID": certificate.Name, "hash": hashes, "numSignatures": len(hashes)}
	algorithm, err := signatureAlgorithm(certificate.Chain[0].PublicKey, hash)
	if err != nil {
		return nil, err
	}
	for again := false; ; again = true {
		var authorized struct {
			SAD string `json:"SAD"`
		}
		if err := c.csc(ctx, "credentials/authorize", ask, &authorized); err != nil {
			return nil, err
		}
		var signed struct {
			Signatures [][]byte `json:"signatures"`
		}
		err := c.csc(ctx, "signatures/signHash", map[string]any{
			"credentialID": certificate.Name, "SAD": authorized.SAD, "hash": hashes,
			"hashAlgo": hashAlgorithms[hash], "signAlgo": algorithm,
		}, &signed)
		if problem, ok := errors.AsType[*Problem](err); ok && !again && strings.Contains(problem.Detail, "SAD") {
			continue // the access token was renewed between the two calls
		}
		if err == nil && len(signed.Signatures) != len(hashes) {
			err = fmt.Errorf("got %d signatures for %d hashes", len(signed.Signatures), len(hashes))
		}
		return signed.Signatures, err
	}
}

// TimestampHash returns a timestamp token (RFC 3161, DER) over a hash. It does not verify the
// token.
func (c *Client) TimestampHash(ctx context.Context, hash crypto.Hash, digest []byte) ([]byte, error) {
	var answer struct {
		Timestamp []byte `json:"timestamp"`
	}
	err := c.csc(ctx, "signatures/timestamp", map[string]any{"hash": digest, "hashAlgo": hashAlgorithms[hash]}, &answer)
	return answer.Timestamp, err
}

// Signer returns a crypto.Signer. Each call of Sign signs one hash through the service, within ctx.
func (c *Client) Signer(ctx context.Context, certificate *HashCertificate) crypto.Signer {
	return &remoteKey{ctx, c, certificate}
}

// remoteKey is a private key that stays with Influxion. It keeps the context of one job, because
// crypto.Signer takes no context.
type remoteKey struct {
	ctx         context.Context
	client      *Client
	certificate *HashCertificate
}

// Public returns the certificate's public key.
func (k *remoteKey) Public() crypto.PublicKey { return k.certificate.Chain[0].PublicKey }

// Sign implements crypto.Signer.
func (k *remoteKey) Sign(_ io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	if _, isPSS := options.(*rsa.PSSOptions); isPSS {
		return nil, errors.New("the client requests no RSASSA-PSS signatures of hashes")
	}
	signed, err := k.client.SignHashes(k.ctx, k.certificate, options.HashFunc(), [][]byte{digest})
	if err != nil {
		return nil, err
	}
	return signed[0], nil
}

// hashAlgorithms maps hash functions to their object identifiers: RFC 5754, section 2.
var hashAlgorithms = map[crypto.Hash]string{
	crypto.SHA256: "2.16.840.1.101.3.4.2.1",
	crypto.SHA384: "2.16.840.1.101.3.4.2.2",
	crypto.SHA512: "2.16.840.1.101.3.4.2.3",
}

// signatureAlgorithm returns the object identifier of a signature algorithm with its hash function.
func signatureAlgorithm(public crypto.PublicKey, hash crypto.Hash) (string, error) {
	rsaRow := map[crypto.Hash]string{crypto.SHA256: "1.2.840.113549.1.1.11", crypto.SHA384: "1.2.840.113549.1.1.12",
		crypto.SHA512: "1.2.840.113549.1.1.13"}
	ecdsaRow := map[crypto.Hash]string{crypto.SHA256: "1.2.840.10045.4.3.2", crypto.SHA384: "1.2.840.10045.4.3.3",
		crypto.SHA512: "1.2.840.10045.4.3.4"}
	oid := ""
	switch public.(type) {
	case *rsa.PublicKey:
		oid = rsaRow[hash]
	case *ecdsa.PublicKey:
		oid = ecdsaRow[hash]
	}
	if oid == "" {
		return "", fmt.Errorf("no signature algorithm for a key of type %T and %v", public, hash)
	}
	return oid, nil
}

// csc calls a method of the Cloud Signature Consortium API.
func (c *Client) csc(ctx context.Context, method string, ask, into any) error {
	body, err := json.Marshal(ask)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	return c.fetch(ctx, call{method: http.MethodPost, path: "csc/v1/" + method, accept: mediaJSON,
		document: bytes.NewReader(body), mediaType: mediaJSON}, into)
}
