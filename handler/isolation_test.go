package main_test

import (
	"bytes"
	"testing"
	"time"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// While one certificate cannot be used, the other one signs, callers see both, and signatures of
// both are verified.
func TestTroubleOfOneCertificate(t *testing.T) {
	t.Parallel()
	const held = "hardware-seal"
	disable := func(v *keyvaulttest.Vault) error {
		return v.ChangeKey(held, "", func(c *keyvaulttest.Certificate) { c.KeyDisabled = true })
	}
	forbid := func(on keyvaulttest.Operation) func(v *keyvaulttest.Vault) error {
		return func(v *keyvaulttest.Vault) error {
			v.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.ForbiddenByRBAC, Name: held, On: on})
			return nil
		}
	}
	for _, test := range []struct {
		name, mode string
		trouble    func(v *keyvaulttest.Vault) error
		code       string
	}{
		{"key disabled", "auto", disable, "key_unusable"},
		{"key disabled", "vault", disable, "key_unusable"},
		{"no right to sign", "vault", forbid(keyvaulttest.Sign), "vault_forbidden"},
		{"no right", "auto", forbid(""), "vault_forbidden"},
		{"no right to read", "vault", forbid(keyvaulttest.GetCertificate), "vault_forbidden"},
	} {
		t.Run(test.name+"/"+test.mode, func(t *testing.T) {
			t.Parallel()
			p := start(t, cloudtest.Config{Algorithm: pkitest.P256, HeldName: held, CacheTTL: time.Second},
				hosttest.Config{Environ: []string{"INFLUXION_KEY_MODE=" + test.mode, "INFLUXION_TRUST_ANCHORS="}})
			service := p.client().WithAttempts(1)
			signed := map[string][]byte{}
			for _, name := range []string{p.CertificateName, held} {
				file, _, err := sign(t.Context(), service, pdftest.Sample(0), client.Options{Certificate: name})
				if err != nil {
					t.Fatal(err)
				}
				signed[name] = file
			}
			if err := test.trouble(p.Vault); err != nil {
				t.Fatal(err)
			}
			until(t, "the trouble", func() bool {
				_, _, err := sign(t.Context(), service, pdftest.Sample(0), client.Options{Certificate: held})
				return refusal(err) == "503 "+test.code
			})
			list, err := service.List(t.Context())
			if err != nil || len(list.Certificates) != 1 || list.Certificates[0].Name != p.CertificateName ||
				len(list.Unavailable) != 1 ||
				list.Unavailable[0] != (client.UnavailableCertificate{Name: held, Code: test.code}) {
				t.Errorf("got %+v (%v), want one certificate, and that the other has %s", list, err, test.code)
			}
			if _, _, err := sign(t.Context(), service, pdftest.Sample(0), client.Options{}); err != nil {
				t.Errorf("got %v, want the other certificate to sign", err)
			}
			for name, file := range signed {
				report, err := service.Verify(t.Context(), bytes.NewReader(file))
				if err != nil || report.Summary.Passed != 1 {
					t.Errorf("got %+v (%v) of what %s has signed, want it to pass", report, err, name)
				}
			}
		})
	}
}
