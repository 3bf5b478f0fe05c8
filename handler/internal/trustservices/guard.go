package trustservices

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
)

// guard decides which addresses in certificates are followed. Anyone can write a certificate:
// without the guard, a document could make this program talk to the host's own services, to the
// cloud's metadata services, or to the network behind it.
//
// The guard judges an address where the connection is made, after the name was resolved, so that it
// does not help to resolve a name differently each time. It permits public global unicast addresses
// only, and whatever is in allowed.
type guard struct {
	allowed []netip.Prefix
}

// forbidden4 are the IPv4 networks that are not public: those of the special-purpose registry of
// RFC 6890, multicast, and one of Azure's.
var forbidden4 = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
	"240.0.0.0/4",
	"168.63.129.16/32", // Azure's wire server: DNS, DHCP, health probes and goal state of the host
)

// global6 is the only block of public IPv6 addresses. forbidden6 is the part of it that is not
// public or embeds an IPv4 address: protocol assignments with Teredo, documentation, and 6to4.
// NAT64, mapped and unique local addresses are outside of global6.
var (
	global6    = netip.MustParsePrefix("2000::/3")
	forbidden6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func newGuard(allowed []netip.Prefix) (guard, error) {
	g := guard{}
	for _, network := range allowed {
		if !network.IsValid() || network.Addr().Is4In6() {
			return guard{}, fmt.Errorf("allowed network %v: want an IPv4 or IPv6 network", network)
		}
		g.allowed = append(g.allowed, network)
	}
	return g, nil
}

// control refuses a forbidden address before the connection is made, for net.Dialer.
func (g guard) control(_, address string, _ syscall.RawConn) error {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil || !g.permits(parsed.Addr()) {
		return &answerError{"has an address that is not public and not allowed", false,
			fmt.Errorf("connection to %s refused", address)}
	}
	return nil
}

// permits reports whether an address may be connected to. An address with a zone is in no network,
// so it never may.
func (g guard) permits(address netip.Addr) bool {
	address = address.Unmap()
	if within(g.allowed, address) {
		return true
	}
	if address.Is4() {
		return !within(forbidden4, address)
	}
	return global6.Contains(address) && !within(forbidden6, address)
}

func within(networks []netip.Prefix, address netip.Addr) bool {
	for _, network := range networks {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

const (
	maxURL       = 2048 // bytes
	maxRedirects = 2    // CRLs are moved, mostly from http to https
	maxFollowed  = 3    // addresses of one kind in a certificate
)

// checkFollowed checks an address as a certificate writes it: http or https, and a usual port of
// web servers.
func checkFollowed(address *url.URL) error {
	if err := checkWeb(address); err != nil {
		return err
	}
	if len(address.String()) > maxURL {
		return fmt.Errorf("it is longer than %d bytes", maxURL)
	}
	if text := address.Port(); text != "" && text != "80" && text != "443" {
		if port, err := strconv.Atoi(text); err != nil || port < 1024 {
			return errors.New("the port is neither 80 nor 443 and below 1024")
		}
	}
	return nil
}

// checkWeb checks what every address of a request must satisfy.
func checkWeb(address *url.URL) error {
	port, err := strconv.Atoi(address.Port())
	switch {
	case address.Scheme != "http" && address.Scheme != "https":
		return errors.New("the scheme is neither http nor https")
	case address.User != nil:
		return errors.New("it holds a user name or password")
	case address.Hostname() == "":
		return errors.New("it names no host")
	case address.Port() != "" && (err != nil || port < 1 || port > 65535):
		return errors.New("the port is not a number from 1 to 65535")
	}
	return nil
}

// CheckTSAURL says what is wrong with the address of a TSA in the settings. Its texts do not repeat
// the address.
func CheckTSAURL(address string) error {
	if len(address) > maxURL {
		return fmt.Errorf("it is longer than %d bytes", maxURL)
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return errors.New("it is not a URL")
	}
	if parsed.Fragment != "" {
		return errors.New("it has a fragment")
	}
	return checkWeb(parsed)
}

// followable gives the first few addresses of a certificate that may be followed.
func followable(addresses []string) []string {
	var kept []string
	for _, address := range addresses {
		parsed, err := url.Parse(address)
		if err == nil && checkFollowed(parsed) == nil && len(kept) < maxFollowed {
			kept = append(kept, address)
		}
	}
	return kept
}

// checkRedirect follows the redirects of GET, within the same rules.
func checkRedirect(next *http.Request, before []*http.Request) error {
	if before[0].Method != http.MethodGet {
		return http.ErrUseLastResponse
	}
	if len(before) > maxRedirects {
		return &answerError{"redirects too often", false, nil}
	}
	if err := checkFollowed(next.URL); err != nil {
		return &answerError{"redirects to an address that is not followed", false, err}
	}
	return nil
}
