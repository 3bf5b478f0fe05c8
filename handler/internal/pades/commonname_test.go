package pades_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

func TestCommonNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		subject pkix.Name
		want    string
	}{
		{pkix.Name{CommonName: "Seal"}, "Seal"},
		{pkix.Name{}, "a certificate without a name"},
		{pkix.Name{CommonName: "\x00\u200b"}, "a certificate without a name"},
		{pkix.Name{CommonName: "Müller \u2066& 印"}, "Müller & 印"},
		{pkix.Name{CommonName: "line\r\nbreak"}, "linebreak"},
		{pkix.Name{CommonName: "a\xffb"}, "ab"},
		{pkix.Name{CommonName: strings.Repeat("é", 100)}, strings.Repeat("é", 64)},
		{pkix.Name{CommonName: "\n", Organization: []string{"\n", "Example"}}, "Example"},
	} {
		if got := pades.CommonName(&x509.Certificate{Subject: test.subject}); got != test.want {
			t.Errorf("%q: got %q, want %q", test.subject, got, test.want)
		}
	}
}

// Only a bounded part of the names in a hostile certificate reaches responses, header fields and
// logs.
func TestErrorsHoldLittleOfAName(t *testing.T) {
	t.Parallel()
	for _, revoked := range []bool{true, false} {
		w := newWorld(t, trusttest.Config{})
		hostile := w.newSigner(t, pkitest.P256, pkitest.SigningTemplate(strings.Repeat("A\n", 10_000), time.Now()))
		signed := hostile.sign(t, sample(), w.options(pades.LevelBB))
		if revoked {
			if err := w.Revoke(hostile.chain[0], time.Now().Add(-time.Minute), 1); err != nil {
				t.Fatal(err)
			}
		} else {
			w.breakRevocation()
		}
		_, err := w.tryExtend(t.Context(), signed, sign.Extension{Level: pades.LevelBLT})
		if err == nil || len(err.Error()) > 500 || !strings.Contains(err.Error(), strings.Repeat("A", 64)) {
			t.Errorf("got an error of %d bytes (%.600v), want a short one with the beginning of the name",
				len(err.Error()), err)
		}
	}
}
