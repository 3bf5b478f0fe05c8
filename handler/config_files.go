package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/signing"
)

// readAnchors reads a PEM file of trust anchors; no path, no anchors.
func readAnchors(path string) ([]*x509.Certificate, error) {
	if path == "" {
		return nil, nil
	}
	return readCertificates(path)
}

// readCertificates reads a PEM file of certificates and of nothing else.
func readCertificates(path string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	var found []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" {
			return nil, errors.New("holds a block that is not a certificate")
		}
		found = append(found, certificate)
	}
	if len(found) == 0 {
		return nil, errors.New("holds no certificate")
	}
	return found, nil
}

// readFont reads the font of visible signatures; no path, no font.
func readFont(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	font, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	if err := pades.CheckFont(font); err != nil {
		return nil, fmt.Errorf("cannot be used: %w", err)
	}
	return font, nil
}

// readNetworks reads networks in CIDR notation. None may hold the addresses at which the platform
// hands out credentials and settings.
func readNetworks(texts []string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if err != nil || network.Addr().Is4In6() {
			return nil, errors.New("holds an entry that is not a network")
		}
		for _, address := range []string{"169.254.169.254", "169.254.170.2", "168.63.129.16"} {
			if network.Contains(netip.MustParseAddr(address)) {
				return nil, errors.New("holds an address of the platform itself")
			}
		}
		networks = append(networks, network)
	}
	return networks, nil
}

// pool holds the configured anchors; without any it is nil, which stands for the system's roots.
func (c *config) pool() *x509.CertPool {
	if len(c.Trust.Anchors) == 0 {
		return nil
	}
	pool := x509.NewCertPool()
	for _, anchor := range c.Trust.Anchors {
		pool.AddCert(anchor)
	}
	return pool
}

// maxCertificateFiles bounds the folder of certificate files.
const maxCertificateFiles = 256

// readCertificateFiles reads the chains of a folder, each by the name of its file; no path, none.
func readCertificateFiles(folder string) (map[string][]*x509.Certificate, error) {
	if folder == "" {
		return nil, nil
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.pem"))
	if err != nil || len(paths) == 0 || len(paths) > maxCertificateFiles {
		return nil, fmt.Errorf("holds no PEM files, or over %d", maxCertificateFiles)
	}
	files := map[string][]*x509.Certificate{}
	for _, path := range paths {
		name := strings.ToLower(strings.TrimSuffix(filepath.Base(path), ".pem"))
		if !signing.ValidCertificateName(name) || files[name] != nil {
			return nil, errors.New("holds a file whose name is not that of a certificate, or two files of one name")
		}
		if files[name], err = readCertificates(path); err != nil {
			return nil, fmt.Errorf("holds a file that %w", err)
		}
	}
	return files, nil
}
