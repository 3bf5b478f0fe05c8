package keyvault_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pades/certificate"
)

// Each certificate that crypto/x509 refuses is logged with the reason, and without anything of the
// key.
func TestOdditiesOfCases(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file, subject string
		leaf          bool // is the odd one
	}{
		{"03g-vault-san-umlaut.pem", "CN=", true},
		{"03h-vault-ca-san-umlaut.pem", "CN=", false},
	} {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			value, err := os.ReadFile(filepath.Join("material", "testdata", test.file))
			if err != nil {
				t.Fatal(err)
			}
			c := newCloud(t)
			if _, err := c.vault.Put("seal",
				keyvaulttest.Secret{Value: string(value), ContentType: typePEM, Managed: true}); err != nil {
				t.Fatal(err)
			}
			got, err := c.source(t).Certificate(t.Context(), "seal", "")
			if err != nil {
				t.Fatal(err)
			}
			keyvaulttest.Verifies(t, got.Chain, got.Key)
			if certificate.Refused(got.Leaf()) != test.leaf {
				t.Errorf("got a leaf that is refused for %q", certificate.Refusal(got.Leaf()))
			}
			logged := c.logs.String()
			if !strings.Contains(logged, "rfc822Name") || !strings.Contains(logged, test.subject) ||
				strings.Contains(logged, "PRIVATE") {
				t.Errorf("got the log %s, want the certificate and the reason in it", logged)
			}
		})
	}
}
