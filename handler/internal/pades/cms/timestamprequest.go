package cms

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/ber"
)

// TimestampRequest is a request to a TSA: RFC 3161, section 2.4.1. certReq is always set.
type TimestampRequest struct {
	Hash    crypto.Hash           // SHA-256, SHA-384 or SHA-512
	Imprint []byte                // the digest to be timestamped, by Hash
	Nonce   *big.Int              // at least 64 random bits, not negative; nil = none
	Policy  asn1.ObjectIdentifier // nil = the TSA's own choice
}

// Marshal returns the DER of a TimeStampReq. Its error is ErrRequestInvalid.
func (r TimestampRequest) Marshal() ([]byte, error) {
	d := algorithm.DigestOf(r.Hash)
	if !signsWith(d) || len(r.Imprint) != d.Size() {
		return nil, fmt.Errorf("%w: imprint of %d bytes by %v", ErrRequestInvalid, len(r.Imprint), r.Hash)
	}
	if r.Nonce != nil && (r.Nonce.Sign() < 0 || r.Nonce.BitLen() >= 8*maxInteger) {
		return nil, fmt.Errorf("%w: nonce of %d bits", ErrRequestInvalid, r.Nonce.BitLen())
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, 128))
	b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(d.OID())
				// RFC 5754 omits the NULL, but all common clients write it, and TSAs are tested
				// with those clients.
				b.AddASN1NULL()
			})
			b.AddASN1OctetString(r.Imprint)
		})
		if r.Policy != nil {
			b.AddASN1ObjectIdentifier(r.Policy)
		}
		if r.Nonce != nil {
			b.AddASN1BigInt(r.Nonce)
		}
		b.AddASN1Boolean(true)
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequestInvalid, err)
	}
	return der, nil
}

// ParseResponse reads a TimeStampResp that answers r: granted, with r's nonce, imprint and policy,
// and a token that verifies. Its errors are *Error. The error for a refusal has the TSA's status
// and failure info as text. The caller must judge whether the time is plausible and whose
// certificate it is.
func (r TimestampRequest) ParseResponse(der []byte) (*Timestamp, error) {
	token, err := readResponse(der)
	if err != nil {
		return nil, err
	}
	t, err := ParseTimestamp(token)
	if err != nil {
		return nil, err
	}
	if t.Hash != algorithm.DigestOf(r.Hash) || !bytes.Equal(t.Imprint, r.Imprint) {
		return nil, errorf(ResponseMismatch, "the TSA timestamped other data than requested")
	}
	if r.Nonce != nil && (t.Nonce == nil || t.Nonce.Cmp(r.Nonce) != 0) {
		return nil, errorf(ResponseMismatch, "the timestamp does not have the nonce of the request")
	}
	if r.Policy != nil && !t.Policy.Equal(r.Policy) {
		return nil, errorf(ResponseMismatch, "the timestamp has the policy %v, not the requested one",
			t.Policy)
	}
	if err := t.Verify(r.Imprint); err != nil {
		return nil, err
	}
	if !t.attributes.isDER() { // strict readers refuse such a timestamp, so it must not be embedded
		return nil, errorf(Malformed, "the signed attributes of the timestamp are not in the order that DER demands")
	}
	return t, nil
}

// readResponse returns the token of a TimeStampResp (RFC 3161, section 2.4.2).
func readResponse(der []byte) ([]byte, error) {
	if len(der) > MaxSize {
		return nil, errorf(Malformed, "the TSA's response has more than %d bytes", MaxSize)
	}
	c := ber.NewCursor(der)
	response, ok := c.Take(cryptobyte_asn1.SEQUENCE)
	if !ok || !c.Empty() {
		return nil, errorf(Malformed, "the TSA's response is not exactly one ASN.1 element")
	}
	status, ok := readStatus(&response)
	if !ok {
		return nil, errorf(Malformed, "the status of the TSA's response cannot be read")
	}
	if !status.granted() {
		return nil, errorf(Refused, "the TSA refused: %v", status)
	}
	token, ok := response.TakeAny()
	if !ok || !response.Empty() {
		return nil, errorf(Malformed, "the TSA's response has no timestamp token, or other elements too")
	}
	return token, nil
}
