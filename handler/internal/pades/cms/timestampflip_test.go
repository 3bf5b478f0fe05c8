package cms_test

import (
	"bytes"
	"fmt"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// statement returns everything that a verified token states with authority.
func statement(t testing.TB, s *cms.Timestamp) string {
	t.Helper()
	return fmt.Sprintf("%v %x %v %v %v %v %v %s", s.Hash, s.Imprint, s.Time, s.Accuracy, s.Policy, s.SerialNumber,
		s.Nonce,
		meaning(t, s.SignedData))
}

// flipToken returns a token with every part that a token can have, and the parts of it that nothing
// authenticates.
func flipToken(t testing.TB, frame func(byte, ...[]byte) []byte) (der []byte, open [][]byte) {
	t.Helper()
	k := newToken(t, pkitest.P256)
	k.frame = frame
	k.accuracy, k.ordering = tlv(0x30, []byte{2, 1, 1, 0x80, 1, 5}), []byte{1, 1, 0}
	k.tsa = tlv(0xa0, tlv(0xa4, k.party.leaf().RawSubject))
	k.extensions = tlv(0xa1, tlv(0x30, oid(1, 2, 3), tlv(4)))
	k.more = [][]byte{attr(oidSigningTime, utcTime)}
	k.crls = tlv(0xa1, item("a crl"))
	k.unsigned = tlv(0xa1, attr(oid(1, 2, 4), tlv(4, []byte("unsigned"))))
	if frame('0')[1] == 0x80 {
		k.octets = inPieces
	}
	der = k.build(t)
	return der, [][]byte{slicesFrom(der, k.version), k.certificates[1], k.crls[2:], k.unsigned[2:]}
}

// Every byte of a token is flipped in several ways. In a part that the TSA's signature covers, the
// token then never verifies. Elsewhere it states the same.
func TestFlippedBytesOfTokens(t *testing.T) {
	t.Parallel()
	for name, frame := range map[string]func(byte, ...[]byte) []byte{"DER": tlv, "BER": indefinite} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			der, open := flipToken(t, frame)
			s, err := cms.ParseTimestamp(der)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(imprint); err != nil {
				t.Fatal(err)
			}
			want := statement(t, s)
			authenticated := bytes.Repeat([]byte{1}, len(der))
			for _, stretch := range open {
				clear(authenticated[bytes.Index(der, stretch):][:len(stretch)])
			}
			for offset := range der {
				for _, mask := range []byte{0x01, 0x02, 0x04, 0x20, 0x80, 0xff} {
					flipped := bytes.Clone(der)
					flipped[offset] ^= mask
					s, err := cms.ParseTimestamp(flipped)
					if err != nil || s.Verify(imprint) != nil || kindOf(s.Baseline()) == cms.FormForbidden {
						continue
					}
					if authenticated[offset] == 1 {
						t.Errorf("byte %d ^ %#x: got a token that verifies", offset, mask)
					}
					if statement(t, s) != want {
						t.Errorf("byte %d ^ %#x: got a token that says something else", offset, mask)
					}
				}
			}
		})
	}
}
