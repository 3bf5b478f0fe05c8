package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

// clients are the product's own clients of the trust services, allowed to call loopback addresses.
func clients(services *trusttest.Services) (pades.Services, error) {
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	revocation, err := trustservices.NewRevocation(trustservices.RevocationConfig{AllowedNetworks: loopback})
	if err != nil {
		return pades.Services{}, err
	}
	anchors := x509.NewCertPool()
	anchors.AddCert(services.Root)
	timestamper, err := trustservices.NewTimestamper(trustservices.TimestamperConfig{
		URLs: []string{services.TSAURL()}, Anchors: anchors, Issuers: revocation.Issuers,
	})
	return pades.Services{Timestamper: timestamper, Revocation: revocation}, err
}

// writeLists writes the CRL of each authority.
func writeLists(output string, services *trusttest.Services) error {
	for _, name := range []trusttest.Name{trusttest.Root, trusttest.Issuing, trusttest.Timestamping} {
		answer, err := http.Get(services.URL(name, trusttest.CRL))
		if err != nil {
			return err
		}
		list, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK {
			return fmt.Errorf("CRL of %s: %s: %w", name, answer.Status, err)
		}
		if err := os.WriteFile(filepath.Join(output, string(name)+".crl"), list, 0o644); err != nil {
			return err
		}
	}
	return nil
}
