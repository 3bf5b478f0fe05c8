package trustservices_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/binary"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "93.184.216.34": true, "100.63.255.255": true, "100.128.0.0": true,
		"172.15.255.255": true,
		"172.32.0.0":     true, "168.63.129.15": true, "168.63.129.17": true, "192.0.1.0": true, "198.17.255.255": true,
		"198.20.0.0":      true,
		"223.255.255.255": true, "2606:4700::1111": true, "2a00:1450:4001::1": true, "::ffff:8.8.8.8": true,

		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "10.255.255.255": false, "100.64.0.0": false,
		"100.127.255.255": false,
		"127.0.0.1":       false, "127.255.255.255": false, "169.254.169.254": false, "169.254.0.1": false,
		"172.16.0.0":     false,
		"172.31.255.255": false, "192.0.0.1": false, "192.0.2.1": false, "192.88.99.1": false, "192.168.1.1": false,
		"198.18.0.1":     false,
		"198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false,
		"239.255.255.255": false, "240.0.0.1": false,
		"255.255.255.255": false, "168.63.129.16": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false,
		"::ffff:168.63.129.16": false,
		"::127.0.0.1":          false, "::ffff:0:127.0.0.1": false, "64:ff9b::8.8.8.8": false,
		"64:ff9b::127.0.0.1": false, "64:ff9b:1::1": false,
		"100::1": false, "2001::1": false, "2001:10::1": false, "2001:20::1": false, "2001:db8::1": false,
		"2002:7f00:1::":  false,
		"2002:808:808::": false, "3fff::1": false, "4000::1": false, "5f00::1": false, "fc00::1": false,
		"fd00:ec2::254": false,
		"fe80::1":       false, "fe80::1%eth0": false, "2606:4700::1%eth0": false, "fec0::1": false, "ff02::1": false,
	} {
		if got := trustservices.Permits(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got permitted %v, want %v", address, got, want)
		}
	}
}

func TestGuardAllows(t *testing.T) {
	t.Parallel()
	networks := []netip.Prefix{netip.MustParsePrefix("10.1.2.3/16"), netip.MustParsePrefix("fd00:1::/32")}
	for address, want := range map[string]bool{
		"10.1.0.1": true, "10.1.255.255": true, "::ffff:10.1.0.1": true, "fd00:1::1": true, "8.8.8.8": true,
		"10.2.0.1": false, "127.0.0.1": false, "fd00:2::1": false, "fd00:1::1%eth0": false,
	} {
		if got := trustservices.Permits(netip.MustParseAddr(address), networks...); got != want {
			t.Errorf("%s: got permitted %v, want %v", address, got, want)
		}
	}
}

func TestGuardOfConnections(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8:80": true, "[2606:4700::1]:443": true, "127.0.0.1:80": false, "[::1]:80": false,
		"[::ffff:10.0.0.1]:80": false, "8.8.8.8": false,
		"host:80": false, "": false,
	} {
		if err := trustservices.Control(address); (err == nil) != want {
			t.Errorf("%q: got %v, want permitted %v", address, err, want)
		}
	}
}

func TestFollowable(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://ca.example.org/ca.crl": true, "https://ca.example.org/": true, "http://ca.example.org:80/": true,
		"http://ca.example.org:443/":  true,
		"http://ca.example.org:8080/": true, "http://ca.example.org:1024/": true, "HTTP://ca.example.org": true,
		"http://ca.example.org:22/": false, "http://ca.example.org:1023/": false, "http://ca.example.org:0/": false,
		"http://ca.example.org:65536": false,
		"http://user@ca.example.org/": false, "http://@ca.example.org/": false, "http:///ca.crl": false,
		"http:ca.example.org":    false,
		"//ca.example.org/":      false,
		"ldap://ca.example.org/": false, "ftp://ca.example.org/": false, "file:///etc/passwd": false,
		"gopher://ca.example.org": false,
		"":                        false, "ca.example.org": false, "http://ca.example.org/\x00": false,
		"http://[::1/": false, "javascript:alert(1)": false,
		"http://ca.example.org/" + strings.Repeat("a", 2048): false,
	} {
		if got := len(trustservices.Followable([]string{address})) == 1; got != want {
			t.Errorf("%.60q: got followed %v, want %v", address, got, want)
		}
	}
	many := slices.Repeat([]string{"http://ca.example.org/"}, 9)
	if got := len(trustservices.Followable(append([]string{"ldap://ca.example.org"}, many...))); got != 3 {
		t.Errorf("got %d addresses, want the first 3", got)
	}
}

// TestPrivateAddressesAreNotReached has private addresses as numbers, as names, and as names whose
// address changes.
func TestPrivateAddressesAreNotReached(t *testing.T) {
	t.Parallel()
	services := startTrust(t, trusttest.Config{})
	address, err := url.Parse(services.TSAURL())
	if err != nil {
		t.Fatal(err)
	}
	port := address.Port()
	names := startNames(t, map[string][]netip.Addr{
		"private.example.":   {netip.MustParseAddr("127.0.0.1")},
		"rebinding.example.": {netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("127.0.0.1")},
	})
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "private.example",
		"rebinding.example",
	} {
		chain := issue(t, services, func(template *x509.Certificate) {
			address := "http://" + host + ":" + port
			template.OCSPServer = []string{address + "/issuing/ocsp"}
			template.CRLDistributionPoints = []string{address + "/issuing/ca.crl"}
			template.IssuingCertificateURL = []string{address + "/issuing/ca.crt"}
		})
		source := newRevocation(t, trustservices.RevocationConfig{Resolver: names.resolver()})
		_, err := source.Revocation(t.Context(), chain[0], chain[1])
		refused(t, err)
		_, err = source.Issuers(t.Context(), chain[0])
		refused(t, err)
	}
	for _, service := range []trusttest.Service{trusttest.OCSP, trusttest.CRL, trusttest.Issuers} {
		if got := services.Requests(service); got != 0 {
			t.Errorf("%s: got %d requests, want none", service, got)
		}
	}
	if names.asked("private.example.") == 0 || names.asked("rebinding.example.") == 0 {
		t.Error("the names were not asked for: this test shows nothing")
	}

	// The same name is followed when its network is allowed. This shows that the guard refused it
	// before.
	chain := issue(t, services, func(template *x509.Certificate) {
		template.OCSPServer = []string{"http://private.example:" + port + "/issuing/ocsp"}
	})
	source := newRevocation(t, trustservices.RevocationConfig{Resolver: names.resolver(), AllowedNetworks: loopback})
	if _, err := source.Revocation(t.Context(), chain[0], chain[1]); err != nil {
		t.Errorf("got %v, want it to be reached", err)
	}
}

// names is a DNS server that gives each address of a name once, and the last one from then on.
type names struct {
	conn net.PacketConn

	mu      sync.Mutex
	answers map[string][]netip.Addr
	asking  map[string]int
}

func startNames(t *testing.T, answers map[string][]netip.Addr) *names {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{conn: conn, answers: answers, asking: map[string]int{}}
	var serving sync.WaitGroup
	serving.Go(n.serve)
	t.Cleanup(func() { conn.Close(); serving.Wait() })
	return n
}

func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", n.conn.LocalAddr().String())
	}}
}

func (n *names) asked(name string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asking[name]
}

func (n *names) serve() {
	for {
		query := make([]byte, 512)
		size, from, err := n.conn.ReadFrom(query)
		if err != nil {
			return
		}
		n.conn.WriteTo(n.answer(query[:size]), from)
	}
}

// answer makes a DNS message: RFC 1035, section 4.
func (n *names) answer(query []byte) []byte {
	const header, typeA = 12, 1
	var labels []string
	at := header
	for query[at] != 0 {
		labels = append(labels, string(query[at+1:at+1+int(query[at])]))
		at += 1 + int(query[at])
	}
	name, question := strings.Join(labels, ".")+".", query[header:at+5]
	n.mu.Lock()
	defer n.mu.Unlock()
	addresses := n.answers[name]
	var out bytes.Buffer
	out.Write(query[:2])
	found := len(addresses) > 0 && binary.BigEndian.Uint16(query[at+1:]) == typeA
	flags := []byte{0x84, 0x00, 0, 1, 0, 0, 0, 0, 0, 0}
	if len(addresses) == 0 {
		flags[1] = 3 // no such name
	}
	if found {
		flags[5] = 1
	}
	out.Write(flags)
	out.Write(question)
	if found {
		n.asking[name]++
		out.Write([]byte{0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4})
		out.Write(addresses[0].AsSlice())
		if len(addresses) > 1 {
			n.answers[name] = addresses[1:]
		}
	}
	return out.Bytes()
}
