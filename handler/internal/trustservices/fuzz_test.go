package trustservices_test

import (
	"net/netip"
	"net/url"
	"testing"

	"influxion/handler/internal/trustservices"
)

func FuzzParseBundle(f *testing.F) {
	seeds := bundles(f)
	for _, seed := range seeds {
		if len(trustservices.ParseBundle(seed)) == 0 {
			f.Fatal("a seed holds no certificate")
		}
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Add([]byte("-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		found := trustservices.ParseBundle(data)
		if len(found) > trustservices.MaxBundle {
			t.Errorf("got %d certificates", len(found))
		}
		for _, certificate := range found {
			if again := trustservices.ParseBundle(certificate.Raw); len(again) != 1 || !again[0].Equal(certificate) {
				t.Error("got a certificate that does not read as itself")
			}
		}
	})
}

// FuzzFollowable: every address that is followed is a web address of a host, contains no secret,
// and means the same when it is parsed again.
func FuzzFollowable(f *testing.F) {
	seeds := []string{
		"http://ca.example.org/ca.crl", "https://ca.example.org:8443/a?b", "http://[::1]:80/", "http://user@host/",
		"http://host:22/", "ldap:///",
		"http:\\\\host", "http://host\n/", "http://127.1/", "//host/",
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		followed := len(trustservices.Followable([]string{address})) == 1
		parsed, err := url.Parse(address)
		if !followed {
			return
		}
		if err != nil || parsed.User != nil || parsed.Hostname() == "" ||
			parsed.Scheme != "http" && parsed.Scheme != "https" {
			t.Errorf("got %q followed", address)
		}
		if trustservices.CheckTSAURL(address) != nil && parsed.Fragment == "" {
			t.Errorf("got %q followed, which no TSA may have", address)
		}
	})
}

// FuzzGuard: an address means the same in each of its forms, and no private address is ever
// permitted.
func FuzzGuard(f *testing.F) {
	for _, seed := range []string{"127.0.0.1", "8.8.8.8", "::1", "fe80::1", "2606:4700::1", "64:ff9b::7f00:1",
		"168.63.129.16"} {
		f.Add(netip.MustParseAddr(seed).AsSlice())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		address, ok := netip.AddrFromSlice(raw)
		if !ok || !trustservices.Permits(address) {
			return
		}
		plain := address.Unmap()
		if !plain.IsGlobalUnicast() || plain.IsPrivate() || plain.IsLoopback() || plain.IsLinkLocalUnicast() ||
			plain.IsMulticast() {
			t.Errorf("got %v permitted", address)
		}
		if plain.Is4() && !trustservices.Permits(netip.AddrFrom16(plain.As16())) {
			t.Errorf("got %v permitted in one form alone", address)
		}
	})
}
