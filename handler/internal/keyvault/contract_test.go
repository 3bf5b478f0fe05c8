package keyvault_test

import (
	"crypto"
	"crypto/sha256"
	"errors"
	"flag"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/signing"
)

var (
	realVault = flag.String("vault", "",
		"URL of a real Key Vault to hold the contract against, as the identity that az login gave")
	realCertificate = flag.String("certificate", "influxion-contract",
		"name of a certificate in the real vault, exportable and valid")
	realSecret = flag.String("secret", "influxion-plain",
		"name of a secret in the real vault that backs no certificate")
)

// holds are the objects that a vault must have for the contract test.
type holds struct{ certificate, secret string }

func TestContractOfSmallServer(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put(t, "influxion-contract")
	c.put(t, "influxion-contract")
	if _, err := c.vault.Put("influxion-plain",
		keyvaulttest.Secret{Value: "a password", ContentType: "text/plain"}); err != nil {
		t.Fatal(err)
	}
	contract(t, holds{"influxion-contract", "influxion-plain"},
		func(t *testing.T) *keyvault.Source { return c.source(t) })
}

func TestContractOfRealVault(t *testing.T) {
	if *realVault == "" {
		t.Skip("no -vault URL")
	}
	credential, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		t.Fatal(err)
	}
	contract(t, holds{*realCertificate, *realSecret}, func(t *testing.T) *keyvault.Source {
		source, err := keyvault.New(keyvault.Config{
			VaultURL: *realVault, Credential: credential, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(source.Close)
		return source
	})
}

// contract tests what Influxion requires of a vault. The small server and the real service must
// both pass.
func contract(t *testing.T, has holds, source func(t *testing.T) *keyvault.Source) {
	t.Run("ready", func(t *testing.T) { check(t, source(t).Ready(t.Context()), 0, "") })
	t.Run("current version", func(t *testing.T) {
		got := get(t, source(t), has.certificate, "")
		if !strings.EqualFold(got.Name, has.certificate) || !signing.ValidCertificateVersion(got.Version) {
			t.Errorf("got %s %s, want a version of %s", got.Name, got.Version, has.certificate)
		}
		digest := sha256.Sum256([]byte("contract"))
		if _, err := got.Key.Sign(nil, digest[:], crypto.SHA256); err != nil {
			t.Errorf("got %v, want a key that signs", err)
		}
		if now := time.Now(); now.Before(got.Leaf().NotBefore) || now.After(got.Leaf().NotAfter) {
			t.Error("got a certificate that is not valid now")
		}
	})
	t.Run("version by its ID", func(t *testing.T) {
		current := get(t, source(t), has.certificate, "")
		same := get(t, source(t), strings.ToUpper(has.certificate), strings.ToUpper(current.Version))
		if same.Fingerprint() != current.Fingerprint() || same.Version != current.Version {
			t.Errorf("got %s, want the same certificate %s", same.Version, current.Version)
		}
	})
	refused := func(name, version string) func(t *testing.T) {
		return func(t *testing.T) {
			_, err := source(t).Certificate(t.Context(), name, version)
			check(t, err, signing.NotFound, "certificate_not_found")
		}
	}
	t.Run("unknown version", refused(has.certificate, strings.Repeat("0", 32)))
	t.Run("unknown name", refused("influxion-there-is-no-such-certificate", ""))
	t.Run("secret without certificate", refused(has.secret, ""))
	t.Run("names", func(t *testing.T) {
		names, err := source(t).Names(t.Context())
		if fault, ok := errors.AsType[*signing.Error](err); ok && fault.Code == "vault_forbidden" {
			t.Skip("the identity may not list")
		}
		if err != nil {
			t.Fatal(err)
		}
		isNamed := func(want string) bool {
			return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, want) })
		}
		if !isNamed(has.certificate) || isNamed(has.secret) {
			t.Errorf("got %v, want %s among them and not %s", names, has.certificate, has.secret)
		}
	})
}
