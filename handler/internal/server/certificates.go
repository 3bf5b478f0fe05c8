package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"time"

	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// certificate is what the API shows of a signing certificate: nothing that is not public.
type certificate struct {
	Name         string    `json:"name"`
	Version      string    `json:"version"`
	Subject      string    `json:"subject"` // RFC 4514
	Issuer       string    `json:"issuer"`
	Serial       string    `json:"serial"` // lower-case hex
	NotBefore    time.Time `json:"not_before"`
	NotAfter     time.Time `json:"not_after"`
	Fingerprint  string    `json:"fingerprint"` // SHA-256, lower-case hex
	KeyAlgorithm string    `json:"key_algorithm"`
	DaysLeft     int       `json:"days_left"` // whole days that it can be used
	// Successor is the vault's current version, if that version does not sign yet.
	Successor *successor `json:"successor,omitempty"`
}

// successor is a version that does not sign yet, and why.
type successor struct {
	Version string `json:"version"`
	Reason  string `json:"reason"`
}

func show(c *signing.Certificate, now time.Time) certificate {
	leaf := c.Leaf()
	shown := certificate{
		Name: c.Name, Version: c.Version,
		Subject: leaf.Subject.String(), Issuer: leaf.Issuer.String(), Serial: fmt.Sprintf("%x", leaf.SerialNumber),
		NotBefore: leaf.NotBefore.UTC(), NotAfter: leaf.NotAfter.UTC(),
		Fingerprint: c.Fingerprint(), KeyAlgorithm: keyAlgorithm(leaf.PublicKey),
		DaysLeft: c.DaysLeft(now),
	}
	if next := c.Successor; next != nil {
		shown.Successor = &successor{next.Version, next.Reason}
	}
	return shown
}

// keyAlgorithm names a public key's kind and size: RSA-2048, P-256.
func keyAlgorithm(public any) string {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return key.Curve.Params().Name
	}
	return "unknown"
}

// certificates is GET /api/certificates.
func (s *Server) certificates(ctx context.Context, x *exchange) (*answer.Answer, error) {
	if _, err := request.Query(x.request.URL.RawQuery); err != nil {
		return nil, err
	}
	if _, err := negotiate(x.request.Header, x.route.Produces); err != nil {
		return nil, err
	}
	found, err := s.config.Directory.List(ctx, x.principal)
	if err != nil {
		return nil, err
	}
	list := listing{Certificates: make([]certificate, 0, len(found.Certificates))}
	for _, c := range found.Certificates {
		list.Certificates = append(list.Certificates, show(c, s.config.Now()))
	}
	for _, u := range found.Unavailable {
		s.config.Logger.WarnContext(ctx, "certificate cannot be used now", "certificate", u.Name,
			"invocation_id", x.invocation, "error", u.Err.Error())
		list.Unavailable = append(list.Unavailable, unavailable{u.Name, signing.AsError(u.Err).Code})
	}
	return answer.JSON(http.StatusOK, list)
}

// listing is what the API shows of all certificates that the caller may use.
type listing struct {
	Certificates []certificate `json:"certificates"`
	Unavailable  []unavailable `json:"unavailable,omitempty"`
}

// unavailable is a certificate that cannot be used now, and the code of the problem that a request
// to sign with it would get.
type unavailable struct {
	Name string `json:"name"`
	Code string `json:"code"`
}

// certificate is GET /api/certificates/{name}: what is shown of one, or its public chain in PEM.
func (s *Server) certificate(ctx context.Context, x *exchange) (*answer.Answer, error) {
	query, err := request.Query(x.request.URL.RawQuery, request.VersionOption())
	if err != nil {
		return nil, err
	}
	media, err := negotiate(x.request.Header, x.route.Produces)
	if err != nil {
		return nil, err
	}
	if x.name == "" {
		// An empty name would mean the default certificate.
		return nil, signing.CertificateNotFound(errors.New("not a certificate name"))
	}
	found, err := s.config.Directory.Find(ctx, x.principal, x.name, query["version"])
	if err != nil {
		return nil, err
	}
	var a *answer.Answer
	if media == mediaPEM {
		a = &answer.Answer{Status: http.StatusOK, MediaType: mediaPEM, Body: answer.Bytes(publicChain(found))}
	} else if a, err = answer.JSON(http.StatusOK, show(found, s.config.Now())); err != nil {
		return nil, err
	}
	a.Header = http.Header{"Vary": {"Accept"}}
	return a, nil
}

// publicChain is the chain in PEM (RFC 7468), leaf first.
func publicChain(c *signing.Certificate) []byte {
	var out bytes.Buffer
	for _, link := range c.Chain {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: link.Raw}))
	}
	return out.Bytes()
}
