package certificate_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"

	"influxion/handler/internal/pades/certificate"
)

func TestPermits(t *testing.T) {
	t.Parallel()
	const signs, certifies = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, x509.KeyUsageCertSign
	extension := []pkix.Extension{{Id: []int{2, 5, 29, 19}}, {Id: []int{2, 5, 29, 15}}}
	for _, test := range []struct {
		usage      x509.KeyUsage
		extensions []pkix.Extension
		uses       x509.KeyUsage
		want       bool
	}{
		{0, nil, signs, true}, {0, extension[:1], certifies, true}, {0, extension, signs, false},
		{0, extension, certifies, false}, {x509.KeyUsageDigitalSignature, extension, signs, true},
		{x509.KeyUsageContentCommitment, extension, signs, true}, {certifies, extension, signs, false},
		{certifies | x509.KeyUsageDigitalSignature, extension, certifies, true},
	} {
		c := &x509.Certificate{KeyUsage: test.usage, Extensions: test.extensions}
		if got := certificate.Permits(c, test.uses); got != test.want {
			t.Errorf("usage %b of %d extensions, for %b: got %v", test.usage, len(test.extensions), test.uses, got)
		}
	}
}
