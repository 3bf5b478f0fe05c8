package trusttest

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pkitest"
)

// The error statuses of OCSPResponseStatus: RFC 6960, section 4.2.1.
const (
	malformedRequest = 1
	internalError    = 2
	tryLater         = 3
	unauthorized     = 6
)

// singleResponse is the status of one certificate in a response.
type singleResponse struct {
	request                ocsp.Request
	revoked                *x509.RevocationListEntry
	unknown                bool
	thisUpdate, nextUpdate time.Time // a zero nextUpdate is left out
}

// status answers an OCSP request, by POST or GET: RFC 6960, appendix A.
func (s *Services) status(r *http.Request, a *authority, fault Fault) (answer, error) {
	body, err := ocspRequest(r)
	if err != nil {
		return answer{}, err
	}
	switch fault.Kind {
	case TryLater:
		return errorResponse(tryLater)
	case Unauthorized:
		return errorResponse(unauthorized)
	case InternalError:
		return errorResponse(internalError)
	}
	request, err := ocsp.ParseRequest(body)
	if err != nil {
		return errorResponse(malformedRequest)
	}
	known, err := a.isIssuer(request)
	if err != nil {
		return answer{}, err
	}
	if !known {
		return errorResponse(unauthorized)
	}
	single := s.single(a, *request, fault.Kind)
	signer, err := s.ocspSigner(a, fault.Kind)
	if err != nil {
		return answer{}, err
	}
	response, err := single.sign(signer, a.Chain[0], s.config.Now())
	return answer{"application/ocsp-response", response}, err
}

// ocspRequest returns the DER of a request.
func ocspRequest(r *http.Request) ([]byte, error) {
	if r.Method == http.MethodPost {
		if r.Header.Get("Content-Type") != "application/ocsp-request" {
			return nil, errors.New("content type is not application/ocsp-request")
		}
		return io.ReadAll(http.MaxBytesReader(nil, r.Body, 1<<16))
	}
	_, encoded, _ := strings.Cut(r.URL.EscapedPath(), "/ocsp/")
	text, err := url.PathUnescape(encoded)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}

// isIssuer reports whether a CertID names this authority.
func (a *authority) isIssuer(request *ocsp.Request) (bool, error) {
	bits, err := publicKeyBits(a.Chain[0].RawSubjectPublicKeyInfo)
	if err != nil {
		return false, err
	}
	hash := request.HashAlgorithm
	return bytes.Equal(request.IssuerKeyHash, sum(hash, bits)) &&
		bytes.Equal(request.IssuerNameHash, sum(hash, a.Chain[0].RawSubject)), nil
}

// single returns the authority's status of the certificate in a request.
func (s *Services) single(a *authority, request ocsp.Request, kind Kind) singleResponse {
	single := singleResponse{request: request}
	single.thisUpdate, single.nextUpdate = s.validity(kind)
	entry, revoked, issued := a.entry(request.SerialNumber.String())
	if revoked {
		single.revoked = &entry
	}
	single.unknown = !issued
	switch kind {
	case Unknown:
		single.unknown, single.revoked = true, nil
	case RevokedAnyway:
		single.revoked = &x509.RevocationListEntry{RevocationTime: single.thisUpdate, ReasonCode: 1}
	case OtherCertificate:
		single.request.SerialNumber = new(big.Int).Add(request.SerialNumber, big.NewInt(1))
	case NoNextUpdate:
		single.nextUpdate = time.Time{}
	}
	return single
}

// validity returns thisUpdate and nextUpdate.
func (s *Services) validity(kind Kind) (this, next time.Time) {
	this = s.config.Now().UTC().Truncate(time.Second)
	switch kind {
	case Stale:
		this = this.Add(-s.config.Lifetime - 2*time.Hour)
	case Future:
		this = this.Add(time.Hour)
	}
	return this, this.Add(s.config.Lifetime)
}

func (s *Services) ocspSigner(a *authority, kind Kind) (identity, error) {
	if kind != Forged && kind != ForeignSigner {
		return a.responder, nil
	}
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil || kind == Forged {
		return identity{a.responder.chain, key}, err
	}
	chain, err := s.stranger.Issue(responderTemplate(s.config.Name+" Foreign OCSP", s.config.Now()), key.Public())
	return identity{chain, key}, err
}

// sign makes the OCSPResponse. The response contains the certificate of a delegated responder.
func (s singleResponse) sign(signer identity, issuer *x509.Certificate, producedAt time.Time) ([]byte, error) {
	data, err := build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { b.AddBytes(signer.chain[0].RawSubject) })
			b.AddASN1GeneralizedTime(producedAt.UTC())
			b.AddASN1(der.SEQUENCE, s.add)
		})
	})
	if err != nil {
		return nil, err
	}
	scheme := schemeOf(signer.key)
	signature, err := scheme.sign(signer.key, data)
	if err != nil {
		return nil, err
	}
	basic, err := build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(data)
			scheme.add(b)
			b.AddASN1BitString(signature)
			if !signer.chain[0].Equal(issuer) {
				b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
					b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(signer.chain[0].Raw) })
				})
			}
		})
	})
	if err != nil {
		return nil, err
	}
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Enum(0)
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1})
					b.AddASN1OctetString(basic)
				})
			})
		})
	})
}

// add writes the SingleResponse.
func (s singleResponse) add(b *cryptobyte.Builder) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			addAlgorithm(b, certIDHash(s.request.HashAlgorithm), true)
			b.AddASN1OctetString(s.request.IssuerNameHash)
			b.AddASN1OctetString(s.request.IssuerKeyHash)
			b.AddASN1BigInt(s.request.SerialNumber)
		})
		switch {
		case s.revoked != nil:
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
				b.AddASN1GeneralizedTime(s.revoked.RevocationTime)
				if s.revoked.ReasonCode != 0 {
					b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(s.revoked.ReasonCode)) })
				}
			})
		case s.unknown:
			b.AddASN1(der.Tag(2).ContextSpecific(), func(*cryptobyte.Builder) {})
		default:
			b.AddASN1(der.Tag(0).ContextSpecific(), func(*cryptobyte.Builder) {})
		}
		b.AddASN1GeneralizedTime(s.thisUpdate)
		if !s.nextUpdate.IsZero() {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(s.nextUpdate) })
		}
	})
}

func certIDHash(hash crypto.Hash) asn1.ObjectIdentifier {
	if oid, ok := digests[hash]; ok {
		return oid
	}
	return asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
}

func errorResponse(status int64) (answer, error) {
	response, err := build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Enum(status) })
	})
	return answer{"application/ocsp-response", response}, err
}
