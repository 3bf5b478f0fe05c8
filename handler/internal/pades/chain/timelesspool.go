package chain

import (
	"crypto/x509"
	"time"

	"influxion/handler/internal/pades/certificate"
)

// timeless is a certificate pool of copies that are always valid. In the copies, name constraints
// that certificate.CheckNames evaluates do not count as unknown to crypto/x509. The copies also
// have no limit on the length of paths, which crypto/x509 counts differently from
// certificate.CheckLength.
type timeless struct {
	pool      *x509.CertPool
	originals map[*x509.Certificate]*x509.Certificate
	named     map[string][]*x509.Certificate // the originals, by subject
	highest   int                            // effort of one check
}

func newTimeless() timeless {
	return timeless{x509.NewCertPool(), map[*x509.Certificate]*x509.Certificate{}, map[string][]*x509.Certificate{}, 0}
}

func (t *timeless) add(c *x509.Certificate) {
	t.named[string(c.RawSubject)] = append(t.named[string(c.RawSubject)], c)
	t.highest = max(t.highest, Effort(c))
	always := *c
	always.NotBefore, always.NotAfter = time.Time{}, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	always.MaxPathLen, always.MaxPathLenZero = -1, false
	always.UnhandledCriticalExtensions = certificate.Unhandled(c)
	t.originals[&always] = c
	t.pool.AddCert(&always)
}
