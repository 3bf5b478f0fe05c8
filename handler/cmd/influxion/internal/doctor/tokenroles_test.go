package doctor_test

import (
	"testing"

	"influxion/handler/cmd/influxion/internal/doctor"
	"influxion/handler/internal/cloudtest"
)

// If a certificate requires a role, doctor reports a caller without it, and only that caller.
func TestRoles(t *testing.T) {
	t.Parallel()
	d := deploy(t, cloudtest.Config{CertificateRoles: true})
	config := d.config(t)
	config.Deployment = values(d.Environ())
	expect(t, doctor.Run(t.Context(), config))
	config.Credential = d.UserCredential()
	expect(t, doctor.Run(t.Context(), config), "certificate-role")
	config.Deployment["INFLUXION_AZURE_TENANT_ID"] = "33333333-3333-3333-3333-333333333333" // a home elsewhere
	findings := doctor.Run(t.Context(), config)
	found := false
	for _, f := range findings {
		found = found || f.Check == "certificate-role"
	}
	if !found {
		t.Errorf("got %s, want the role of another tenant named", dump(findings))
	}
}
