package local

import (
	"context"
	"crypto"
	"errors"
	"net/netip"

	"influxion/handler/client"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/signing"
)

// source is the service as a source of certificates. Their keys stay in the service.
type source struct{ service *client.Client }

// Certificate implements signing.CertificateSource.
func (s *source) Certificate(ctx context.Context, name, _ string) (*signing.Certificate, error) {
	found, err := s.service.HashCertificate(ctx, name)
	if err != nil {
		return nil, err
	}
	return &signing.Certificate{Name: name, Chain: found.Chain, Key: s.service.Signer(ctx, found)}, nil
}

// Names implements signing.CertificateSource.
func (s *source) Names(ctx context.Context) ([]string, error) { return s.service.HashCertificates(ctx) }

// tokenSize is the space for a timestamp token, in bytes: more than most tokens with their chain
// need. If it is too small, the signature is made again.
const tokenSize = 8 << 10

// timestamper gets timestamps from the service, which verifies the chain of the timestamp
// authority.
type timestamper struct{ service *client.Client }

// Timestamp implements pades.Timestamper.
func (t *timestamper) Timestamp(ctx context.Context, hash crypto.Hash, digest []byte) (*cms.Timestamp, error) {
	// It makes only one attempt: if a lower level is allowed, the signature need not wait.
	der, err := t.service.WithAttempts(1).TimestampHash(ctx, hash, digest)
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		return nil, &pades.ServiceError{Service: "TSA", Detail: problem.Detail, Retry: problem.Temporary(), Err: err}
	}
	if err != nil {
		return nil, &pades.ServiceError{Service: "TSA", Detail: "the service cannot be reached", Retry: true, Err: err}
	}
	token, err := cms.ParseTimestamp(der)
	if err == nil {
		err = token.Verify(digest)
	}
	if err != nil {
		return nil, &pades.ServiceError{Service: "TSA", Detail: "the token does not verify", Err: err}
	}
	return token, nil
}

// TokenSize implements pades.Timestamper.
func (t *timestamper) TokenSize() int { return tokenSize }

// privateNetworks are the private networks in which servers may be asked about revocation. The
// chains are those of the deployment and of its timestamp authority, and a company's own
// authorities answer in its own network. The addresses where a platform hands out credentials are
// not included.
func privateNetworks() []netip.Prefix {
	var networks []netip.Prefix
	for _, text := range []string{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128",
		"fc00::/7"} {
		networks = append(networks, netip.MustParsePrefix(text))
	}
	return networks
}
