package main_test

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/keyvaulttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

// In the mode vault, the handler's memory contains nothing of the key, although the vault would
// return it to anybody who asked. In the mode memory the same search finds the key, which shows
// that the search works.
func TestKeyIsNotInMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the memory of another process can be read on Linux alone")
	}
	for _, algorithm := range []pkitest.Algorithm{pkitest.RSA2048, pkitest.P256} {
		for mode, want := range map[string]bool{"vault": false, "memory": true} {
			t.Run(string(algorithm)+"/"+mode, func(t *testing.T) {
				p := start(t, cloudtest.Config{CacheTTL: time.Second},
					hosttest.Config{Environ: []string{"INFLUXION_KEY_MODE=" + mode}})
				chain, key, err := p.NewChain(algorithm)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := p.Vault.PutCertificate(p.CertificateName, keyvaulttest.PEM, chain, key); err != nil {
					t.Fatal(err)
				}
				version := ""
				for version == "" { // until the version with this key signs
					list, err := p.client().Certificates(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if list[0].Fingerprint == fmt.Sprintf("%x", sha256.Sum256(chain[0].Raw)) {
						version = list[0].Version
					}
				}
				for range 5 {
					if _, _, err := sign(t.Context(), p.client(), pdftest.File{Objects: pdftest.Pages(1, "")}.Bytes(),
						client.Options{}); err != nil {
						t.Fatal(err)
					}
				}
				found := searchMemory(t, p.host.PID(),
					append(formsOf(t, key), form{"the certificate", chain[0].Raw[40:72]}))
				if !slices.Contains(found, "the certificate") {
					t.Fatal("got a search that does not even find the certificate, which is there")
				}
				if got := len(found) > 1; got != want {
					t.Errorf("got %v in memory, want the key there: %t", found, want)
				}
			})
		}
	}
}

// form is a part of a key as memory may contain it, long enough not to occur by accident.
type form struct {
	name  string
	bytes []byte
}

// formsOf are the private numbers of a key in several forms: in DER, as the limbs of an integer in
// memory, and in the encodings of PKCS#8 and PEM.
func formsOf(t *testing.T, key crypto.Signer) []form {
	t.Helper()
	var forms []form
	add := func(name string, number []byte) {
		middle := number[len(number)/2-8 : len(number)/2+8]
		limbs := slices.Clone(middle)
		slices.Reverse(limbs)
		forms = append(forms, form{name, middle}, form{name + " in limbs", limbs})
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		add("the first prime", key.Primes[0].Bytes())
		add("the second prime", key.Primes[1].Bytes())
		add("the private exponent", key.D.Bytes())
	case *ecdsa.PrivateKey:
		scalar, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		add("the scalar", scalar)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(der)
	if _, isEC := key.(*ecdsa.PrivateKey); isEC { // the public half follows, which may be there
		return append(forms, form{"PEM", []byte(text[52:80])})
	}
	return append(forms, form{"PEM", []byte(text[len(text)-100 : len(text)-60])})
}

// searchMemory names the forms that occur in the writable memory of a process. These are the pages
// that a core dump has; reading them needs no core limit, no core_pattern and no crash.
func searchMemory(t *testing.T, pid int, forms []form) []string {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	var found []string
	searched := int64(0)
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		var from, to int64
		var rights string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); err != nil ||
			!strings.HasPrefix(rights, "rw") || strings.Contains(lines.Text(), "[v") {
			continue
		}
		searched += searchRegion(io.NewSectionReader(memory, from, to-from), func(part []byte) {
			for _, f := range forms {
				if !slices.Contains(found, f.name) && bytes.Contains(part, f.bytes) {
					found = append(found, f.name)
				}
			}
		})
	}
	if searched < 1<<20 {
		t.Fatalf("got %d bytes of memory to search, want the process's", searched)
	}
	return found
}

// searchRegion calls look with the readable contents of a region, in parts that overlap.
func searchRegion(region *io.SectionReader, look func(part []byte)) int64 {
	const size, overlap = 1 << 20, 64
	part := make([]byte, size)
	var searched int64
	for at := int64(0); at < region.Size(); at += size - overlap {
		n, _ := region.ReadAt(part, at) // a page that is only reserved ends the part
		look(part[:n])
		searched += int64(n)
	}
	return searched
}
