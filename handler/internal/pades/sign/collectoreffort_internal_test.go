package sign

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pkitest"
)

// The work of finding issuers while a document is extended is bounded.
func TestIssuerChecksAreBounded(t *testing.T) {
	t.Parallel()
	all := expensiveIssuers(t, 1000)
	c := newCollector(pades.Services{}, time.Now())
	c.know(all...)
	var fault *pades.Error
	for i := 0; i < len(all) && fault == nil; i++ {
		_, err := c.issuerAmong(c.known, all[i])
		fault, _ = errors.AsType[*pades.Error](err)
	}
	if fault == nil || fault.Code != pades.CodeTooComplex || c.effort > chain.MaxEffort+40 {
		t.Errorf("got %v after an effort of %d, want %s", fault, c.effort, pades.CodeTooComplex)
	}
	if _, err := c.selfSigned(all[0]); err == nil {
		t.Error("got another check, want none")
	}
}

// expensiveIssuers are certificates of one name with a key that is expensive to check with.
func expensiveIssuers(t *testing.T, count int) []*x509.Certificate {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.P521)
	if err != nil {
		t.Fatal(err)
	}
	var all []*x509.Certificate
	for i := range count {
		name := []byte("name")
		all = append(all, &x509.Certificate{Raw: []byte{byte(i), byte(i >> 8)}, RawSubject: name, RawIssuer: name,
			PublicKey: key.Public()})
	}
	return all
}
