package trusttest

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"influxion/handler/internal/pkitest"
)

// Config configures Services. The zero Config is complete.
type Config struct {
	Listener net.Listener // where to serve; closed by Close; nil = 127.0.0.1 and any free port, without TLS
	URL      string       // how clients reach the listener, "http://host:port"; "" = http:// and the listener's address
	// Name is the beginning of every common name; "" = Test.
	Name string
	// TSAAlgorithm is the kind of the TSA's key; "" = P-256.
	TSAAlgorithm pkitest.Algorithm
	// Delegated lets responders with their own certificates (id-pkix-ocsp-nocheck) sign OCSP
	// responses in place of the authorities.
	Delegated bool
	// Without lists the services whose addresses are left out of certificates: OCSP, CRL or
	// Issuers.
	Without  []Service
	Lifetime time.Duration    // from thisUpdate to nextUpdate of OCSP responses and CRLs; 0 = a day
	Now      func() time.Time // nil = time.Now
}

func (c Config) complete() (Config, error) {
	if c.Name == "" {
		c.Name = "Test"
	}
	if c.TSAAlgorithm == "" {
		c.TSAAlgorithm = pkitest.P256
	}
	if c.Lifetime == 0 {
		c.Lifetime = 24 * time.Hour
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Listener == nil {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return c, fmt.Errorf("listen for the trust services: %w", err)
		}
		c.Listener = listener
	}
	if c.URL == "" {
		c.URL = "http://" + c.Listener.Addr().String()
	}
	c.URL = strings.TrimSuffix(c.URL, "/")
	if _, err := url.Parse(c.URL); err != nil {
		c.Listener.Close()
		return c, fmt.Errorf("address of the trust services: %w", err)
	}
	return c, nil
}

// TSATemplate describes the certificate of a TSA by RFC 3161, section 2.3: extKeyUsage is critical
// and has timeStamping only. It is valid for three years, from an hour before now.
func TSATemplate(commonName string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: commonName, Organization: []string{"Example Organisation"},
			Country: []string{"DE"}},
		NotBefore:       now.Add(-time.Hour),
		NotAfter:        now.AddDate(3, 0, 0),
		KeyUsage:        x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{purposes(true, oidTimeStamping)},
	}
}

// purposes makes a critical extKeyUsage extension, because crypto/x509 never marks that extension
// critical.
func purposes(critical bool, oids ...asn1.ObjectIdentifier) pkix.Extension {
	value, err := asn1.Marshal(oids)
	if err != nil {
		panic("internal error: encode extKeyUsage: " + err.Error())
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: value}
}

var (
	oidTimeStamping = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
	oidOCSPSigning  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 9}
	oidClientAuth   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 2}
	oidOCSPNoCheck  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
)
