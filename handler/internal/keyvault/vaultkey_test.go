package keyvault_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/signing"
)

// modes are the ways in which a key that stays in the vault is used.
var modes = []keyvault.KeyMode{keyvault.KeysAuto, keyvault.KeysInVault}

func inMode(mode keyvault.KeyMode) func(*keyvault.Config) {
	return func(config *keyvault.Config) { config.Keys.Mode = mode }
}

// hold adds a certificate whose key never leaves the vault.
func (c *cloud) hold(t testing.TB, name string, change ...func(*keyvaulttest.Certificate)) (string,
	[]*x509.Certificate) {
	t.Helper()
	key := newKey(t, pkitest.P256)
	held := keyvaulttest.Certificate{Chain: c.issue(t, key), Key: key, HSM: true}
	for _, apply := range change {
		apply(&held)
	}
	version, err := c.vault.AddCertificate(name, held)
	if err != nil {
		t.Fatal(err)
	}
	return version, held.Chain
}

// withKey gives a certificate of hold another kind of key.
func (c *cloud) withKey(t testing.TB, algorithm pkitest.Algorithm) func(*keyvaulttest.Certificate) {
	return func(held *keyvaulttest.Certificate) {
		held.Key = newKey(t, algorithm)
		held.Chain = c.issue(t, held.Key)
	}
}

// signs has a certificate sign, and fails unless the signature verifies with the leaf.
func signs(t testing.TB, c *signing.Certificate, hash crypto.Hash, options crypto.SignerOpts) {
	t.Helper()
	h := hash.New()
	h.Write([]byte("content"))
	digest := h.Sum(nil)
	signature, err := c.Signer(t.Context()).Sign(nil, digest, options)
	if err != nil {
		t.Fatalf("%s %s: got %v, want a signature", c.Name, c.Version, err)
	}
	switch public := c.Leaf().PublicKey.(type) {
	case *rsa.PublicKey:
		if pss, ok := options.(*rsa.PSSOptions); ok {
			err = rsa.VerifyPSS(public, hash, digest, signature,
				&rsa.PSSOptions{SaltLength: hash.Size(), Hash: pss.Hash})
			break
		}
		err = rsa.VerifyPKCS1v15(public, hash, digest, signature)
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(public, digest, signature) {
			err = fmt.Errorf("ECDSA verification failed")
		}
	}
	if err != nil {
		t.Errorf("%s %s: got %v, want a signature that verifies", c.Name, c.Version, err)
	}
}

var keyKinds = []struct {
	algorithm pkitest.Algorithm
	hashes    []crypto.Hash
}{
	{pkitest.RSA2048, []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}},
	{pkitest.RSA3072, []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}},
	{pkitest.RSA4096, []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}},
	{pkitest.P256, []crypto.Hash{crypto.SHA256}},
	{pkitest.P384, []crypto.Hash{crypto.SHA384}},
	{pkitest.P521, []crypto.Hash{crypto.SHA512}},
}

func TestKeysThatStayInTheVault(t *testing.T) {
	t.Parallel()
	for _, kind := range keyKinds {
		t.Run(string(kind.algorithm), func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			key := newKey(t, kind.algorithm)
			for _, format := range []keyvaulttest.Format{keyvaulttest.PEM, keyvaulttest.Modern,
				keyvaulttest.LegacyDES} {
				_, chain := c.hold(t, "seal", func(held *keyvaulttest.Certificate) {
					held.Key, held.Chain = key, c.issue(t, key)
					held.Format, held.HSM = format, format == keyvaulttest.PEM
				})
				for _, mode := range modes {
					source := c.source(t, inMode(mode), func(config *keyvault.Config) { config.Keys.Known = chain[1:] })
					got := get(t, source, "Seal", "")
					if len(got.Chain) != len(chain) || !got.Leaf().Equal(chain[0]) {
						t.Errorf("%s, %s: got a chain of %d, want %d", format, mode, len(got.Chain), len(chain))
					}
					for _, hash := range kind.hashes {
						signs(t, got, hash, hash)
						if _, isRSA := got.Leaf().PublicKey.(*rsa.PublicKey); isRSA {
							signs(t, got, hash, &rsa.PSSOptions{SaltLength: hash.Size(), Hash: hash})
							signs(t, got, hash, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash})
						}
					}
					keyvaulttest.Verifies(t, got.Chain, got.Signer(t.Context()))
				}
			}
		})
	}
}

// In the mode vault no secret is read, whether or not its key could be exported.
func TestVaultModeReadsNoSecret(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	version, leaf := c.put(t, "seal")
	if _, err := c.vault.Put("plain", keyvaulttest.Secret{Value: "a", ContentType: "text/plain"}); err != nil {
		t.Fatal(err)
	}
	source := c.source(t, inMode(keyvault.KeysInVault))
	for _, version := range []string{"", version} {
		got := get(t, source, "seal", version)
		if !got.Leaf().Equal(leaf) {
			t.Error("got another certificate")
		}
		if _, ok := got.Key.(signing.RemoteKey); !ok {
			t.Errorf("got a key of type %T, want one that stays in the vault", got.Key)
		}
		signs(t, got, crypto.SHA256, crypto.SHA256)
	}
	if names, err := source.Names(t.Context()); err != nil || len(names) != 1 || names[0] != "seal" {
		t.Errorf("got names %v and %v, want the certificate alone", names, err)
	}
	check(t, source.Ready(t.Context()), 0, "")
	_, err := source.Certificate(t.Context(), "plain", "")
	check(t, err, signing.NotFound, "certificate_not_found")
	c.clock.Advance(time.Hour)
	get(t, source, "seal", "")
	if got := c.vault.Asked(keyvaulttest.GetSecret) + c.vault.Asked(keyvaulttest.ListSecrets); got != 0 {
		t.Errorf("got %d requests for secrets, want none", got)
	}
	// The same certificate in the mode memory never signs in the vault.
	before := c.vault.Signatures()
	memory := get(t, c.source(t, inMode(keyvault.KeysInMemory)), "seal", "")
	signs(t, memory, crypto.SHA256, crypto.SHA256)
	if c.vault.Signatures() != before {
		t.Error("got a signature of the vault, want the key in memory")
	}
}

func TestMemoryModeRefusesWhatStaysInTheVault(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.hold(t, "seal")
	_, err := c.source(t, inMode(keyvault.KeysInMemory)).Certificate(t.Context(), "seal", "")
	check(t, err, signing.NotFound, "certificate_not_found")
	if !strings.Contains(err.Error(), "not exportable") {
		t.Errorf("got %v, want a cause that says so", err)
	}
}

// What the vault cannot sign is refused before it is asked.
func TestSchemesThatTheVaultLacks(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.hold(t, "p256")
	c.hold(t, "p384", c.withKey(t, pkitest.P384))
	c.hold(t, "rsa", c.withKey(t, pkitest.RSA2048))
	source := c.source(t)
	for _, row := range []struct {
		name    string
		length  int
		options crypto.SignerOpts
	}{
		{"p256", 48, crypto.SHA384}, {"p256", 64, crypto.SHA512}, {"p384", 32, crypto.SHA256},
		{"p256", 31, crypto.SHA256},
		{"p256", 0, crypto.SHA256}, {"rsa", 20, crypto.SHA1}, {"rsa", 32, crypto.SHA384}, {"rsa", 28, crypto.SHA224},
		{"rsa", 32, crypto.Hash(0)},
		{"rsa", 32, &rsa.PSSOptions{SaltLength: 20, Hash: crypto.SHA256}},
		{"rsa", 32, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto, Hash: crypto.SHA256}},
	} {
		certificate := get(t, source, row.name, "")
		before := c.vault.Signatures()
		signature, err := certificate.Signer(t.Context()).Sign(nil, make([]byte, row.length), row.options)
		check(t, err, signing.Unprocessable, "key_unsupported")
		if signature != nil || c.vault.Signatures() != before {
			t.Errorf("%s, %d bytes, %v: got a signature", row.name, row.length, row.options)
		}
	}
}

// Two signatures at the same time do not wait for each other.
func TestSignaturesInFlight(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.hold(t, "seal")
	certificate := get(t, c.source(t), "seal", "")
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.Slow, On: keyvaulttest.Sign})
	before := c.vault.Asked(keyvaulttest.Sign)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { signs(t, certificate, crypto.SHA256, crypto.SHA256) })
	}
	fetched(t, func() bool { return c.vault.Asked(keyvaulttest.Sign) == before+10 })
	c.vault.ClearFault()
	all.Wait()
}

// A signature ends with the context of its request, and that leaves the certificate in the cache.
func TestSignatureEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.hold(t, "seal")
	certificate := get(t, c.source(t), "seal", "")
	c.vault.SetFault(keyvaulttest.Fault{Kind: keyvaulttest.Slow, On: keyvaulttest.Sign})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	before := c.vault.Asked(keyvaulttest.Sign)
	go func() {
		_, err := certificate.Signer(ctx).Sign(nil, make([]byte, 32), crypto.SHA256)
		ended <- err
	}()
	fetched(t, func() bool { return c.vault.Asked(keyvaulttest.Sign) == before+1 })
	cancel()
	check(t, <-ended, signing.DeadlineExceeded, "deadline_exceeded")
	c.vault.ClearFault()
	signs(t, certificate, crypto.SHA256, crypto.SHA256)
}

// halting is a credential whose tokens have ended when they arrive, so that each call asks for one.
// While it is halted nobody gets one.
type halting struct {
	mu     sync.Mutex
	halted chan struct{} // closed when it goes on; nil = it is not halted
	asked  chan struct{} // gets a value when somebody asks while it is halted
}

func (h *halting) halt() (release func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	halted := make(chan struct{})
	h.halted = halted
	return func() { close(halted) }
}

func (h *halting) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	h.mu.Lock()
	halted := h.halted
	h.mu.Unlock()
	if halted != nil {
		select {
		case h.asked <- struct{}{}:
		default:
		}
		select {
		case <-halted:
		case <-ctx.Done():
			return azcore.AccessToken{}, ctx.Err()
		}
	}
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(-time.Second)}, nil
}

// A signature ends with its request while another one gets the access token that both need.
func TestSignatureEndsWhileAnotherGetsAToken(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.hold(t, "seal")
	credential := &halting{asked: make(chan struct{}, 1)}
	certificate := get(t, c.source(t, patient, func(config *keyvault.Config) { config.Credential = credential }),
		"seal", "")
	release := credential.halt()
	sign := func(ctx context.Context) chan error {
		ended := make(chan error, 1)
		go func() {
			_, err := certificate.Signer(ctx).Sign(nil, make([]byte, 32), crypto.SHA256)
			ended <- err
		}()
		return ended
	}
	first := sign(t.Context())
	<-credential.asked
	ctx, cancel := context.WithCancel(t.Context())
	second := sign(ctx)
	cancel()
	check(t, <-second, signing.DeadlineExceeded, "deadline_exceeded")
	release()
	check(t, <-first, 0, "")
}
