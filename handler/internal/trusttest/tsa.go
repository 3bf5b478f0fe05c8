package trusttest

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"net/http"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pkitest"
)

// Policy is the TSA's policy, the only one that it accepts in a request.
var Policy = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 3161, 1}

// timestampRequest is a TimeStampReq: RFC 3161, section 2.4.1.
type timestampRequest struct {
	hash    crypto.Hash // 0 = the TSA does not accept it
	imprint []byte
	policy  asn1.ObjectIdentifier
	nonce   *big.Int
	certReq bool
}

// The statuses of PKIStatusInfo.
const (
	granted         = 0
	grantedWithMods = 1
	rejection       = 2
)

// timestamp answers a TimeStampReq over HTTP: RFC 3161, section 3.4.
func (s *Services) timestamp(r *http.Request, _ *authority, fault Fault) (answer, error) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/timestamp-query" {
		return answer{}, errors.New("a timestamp is asked for by POST of an application/timestamp-query")
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, 1<<16))
	if err != nil {
		return answer{}, err
	}
	request, ok := parseTimestampRequest(body)
	switch {
	case fault.Kind == Refusal:
		return timestampResponse(rejection, fault.Failure, nil)
	case !ok:
		return timestampResponse(rejection, BadDataFormat, nil)
	case request.hash == 0 || len(request.imprint) != request.hash.Size():
		return timestampResponse(rejection, BadAlg, nil)
	case request.policy != nil && !request.policy.Equal(Policy):
		return timestampResponse(rejection, UnacceptedPolicy, nil)
	}
	token, err := s.token(request, fault.Kind)
	if err != nil {
		return answer{}, err
	}
	switch fault.Kind {
	case GrantedWithMods:
		return timestampResponse(grantedWithMods, -1, token)
	case RefusalWithToken:
		return timestampResponse(rejection, BadRequest, token)
	}
	return timestampResponse(granted, -1, token)
}

func parseTimestampRequest(body []byte) (request timestampRequest, ok bool) {
	input := cryptobyte.String(body)
	var inner, imprint, algorithm cryptobyte.String
	var version int64
	var oid asn1.ObjectIdentifier
	if !input.ReadASN1(&inner, der.SEQUENCE) || !input.Empty() || !inner.ReadASN1Integer(&version) || version != 1 ||
		!inner.ReadASN1(&imprint, der.SEQUENCE) || !imprint.ReadASN1(&algorithm, der.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&oid) || !imprint.ReadASN1Bytes(&request.imprint, der.OCTET_STRING) ||
		!imprint.Empty() {
		return request, false
	}
	for hash, known := range digests {
		if known.Equal(oid) {
			request.hash = hash
		}
	}
	if inner.PeekASN1Tag(der.OBJECT_IDENTIFIER) && !inner.ReadASN1ObjectIdentifier(&request.policy) {
		return request, false
	}
	if inner.PeekASN1Tag(der.INTEGER) {
		request.nonce = new(big.Int)
		if !inner.ReadASN1Integer(request.nonce) {
			return request, false
		}
	}
	if inner.PeekASN1Tag(der.BOOLEAN) && !inner.ReadASN1Boolean(&request.certReq) {
		return request, false
	}
	return request, inner.Empty()
}

// timestampResponse makes a TimeStampResp; a negative failure means no failure.
func timestampResponse(status int64, failure int, token []byte) (answer, error) {
	body, err := build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(status)
				if status == rejection {
					b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1(der.UTF8String,
							func(b *cryptobyte.Builder) {
								b.AddBytes([]byte("refused by http://tsa.internal.example"))
							})
					})
				}
				if failure >= 0 { // a named bit list: in DER it ends with its last bit that is set
					bits := make([]byte, failure/8+1)
					bits[failure/8] = 0x80 >> (failure % 8)
					b.AddASN1(der.BIT_STRING, func(b *cryptobyte.Builder) {
						b.AddUint8(uint8(7 - failure%8))
						b.AddBytes(bits)
					})
				}
			})
			b.AddBytes(token)
		})
	})
	return answer{"application/timestamp-reply", body}, err
}

// tsaFor returns the identity that signs a token under a fault.
func (s *Services) tsaFor(kind Kind) (identity, error) {
	s.mu.Lock()
	tsa := s.tsa
	s.mu.Unlock()
	now := s.config.Now()
	template := TSATemplate(s.config.Name+" Faulty TSA", now)
	switch kind {
	case ExpiredTSA:
		template.NotBefore, template.NotAfter = now.AddDate(-1, 0, 0), now.Add(-30*time.Minute)
	case NoPurpose:
		template.ExtraExtensions = nil
	case ExtraPurpose:
		template.ExtraExtensions = []pkix.Extension{purposes(true, oidTimeStamping, oidClientAuth)}
	case PurposeMild:
		template.ExtraExtensions = []pkix.Extension{purposes(false, oidTimeStamping)}
	case Untrusted:
	case WrongSignature:
		key, err := pkitest.NewKey(s.config.TSAAlgorithm)
		return identity{tsa.chain, key}, err
	default:
		return tsa, nil
	}
	var chain []*x509.Certificate
	var err error
	if kind == Untrusted {
		chain, err = s.stranger.Issue(template, tsa.key.Public())
	} else {
		chain, err = s.issue(Timestamping, template, tsa.key.Public())
	}
	return identity{chain, tsa.key}, err
}
