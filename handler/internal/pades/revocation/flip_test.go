package revocation_test

import (
	"bytes"
	"testing"

	"influxion/handler/internal/pades/revocation"
)

// Every bit is flipped of a response that a delegated responder signed, and of a CRL. No changed
// one gives evidence.
func TestFlippedBytes(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	list := newCRL(p)
	list.entries = [][]byte{entry(integer(t, p.leaf), today, reason(false, 1))}
	list.scoped(tlv(0x81, []byte{0xff}))
	for _, test := range []struct {
		name string
		der  []byte
		ask  func([]byte) (*revocation.Evidence, error)
	}{
		{"response", newAnswer(t, p).by(t, p.responder).build(t), func(der []byte) (*revocation.Evidence, error) {
			return askResponse(der, p.leaf, p.issuer.certificate)
		}},
		{"response of the issuer", newAnswer(t, p).build(t), func(der []byte) (*revocation.Evidence, error) {
			return askResponse(der, p.leaf, p.issuer.certificate)
		}},
		{"list", list.build(t), func(der []byte) (*revocation.Evidence, error) {
			return askList(der, p.leaf, p.issuer.certificate)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := test.ask(test.der); err != nil {
				t.Fatal(err)
			}
			for offset := range test.der {
				for bit := range 8 {
					flipped := bytes.Clone(test.der)
					flipped[offset] ^= 1 << bit
					if got, err := test.ask(flipped); err == nil || kindOf(err) == "" {
						t.Errorf("byte %d, bit %d: got %v, %v, want a fault", offset, bit, got, err)
					}
				}
			}
		})
	}
}
