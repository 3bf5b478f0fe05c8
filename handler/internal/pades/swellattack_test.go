package pades_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/x509"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pades/verify"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// OCSP responses contain certificates, whose memory is a multiple of their size, and small streams
// can contain many responses.
func TestResponsesThatSwell(t *testing.T) {
	s := ecdsaSigner(t)
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	document := appendix(t, s.sign(t, sample(), pades.Options{}), func(t *testing.T, f *pdf.File, u *pdf.Update) {
		var responses pdf.Array
		for i := range 300 {
			large, err := x509.ParseCertificate(swollen(t, 120<<10, i+1).Raw)
			if err != nil {
				t.Fatal(err)
			}
			der, err := ocsp.CreateResponse(large, large,
				ocsp.Response{SerialNumber: big.NewInt(1), ThisUpdate: time.Now(), Certificate: large}, key)
			if err != nil {
				t.Fatal(err)
			}
			var packed bytes.Buffer
			w := zlib.NewWriter(&packed)
			if _, err := w.Write(der); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			responses = append(responses,
				u.Add(pdf.NewStream(pdf.Dict{"Filter": pdf.Name("FlateDecode")}, packed.Bytes())))
		}
		edit(t, f, u, number(1), pdf.Dict{"DSS": u.Add(pdf.Dict{"OCSPs": responses})})
	})
	if len(document) > 1<<20 {
		t.Fatalf("got %d bytes, want few", len(document))
	}
	held := allocated(func() { _, err = verify.Verify(t.Context(), bytes.NewReader(document), s.trust()) })
	if over, ok := errors.AsType[*budget.Error](err); !ok || !strings.Contains(over.Detail, "MiB of memory") ||
		held > 100<<20 {
		t.Errorf("got %v and %d bytes allocated, want an error that names the limit and at most 100 MB", err, held)
	}
}

// lavish gives many certificates for each issuer, or a separate responder's certificate for each
// certificate.
type lavish struct {
	*estate
	issuers   []*x509.Certificate
	responder *x509.Certificate
}

func (l *lavish) Issuers(ctx context.Context, c *x509.Certificate) ([]*x509.Certificate, error) {
	found, err := l.estate.Issuers(ctx, c)
	return append(found, l.issuers...), err
}

func (l *lavish) Revocation(ctx context.Context, c, issuer *x509.Certificate) (*revocation.Evidence, error) {
	evidence, err := l.estate.Revocation(ctx, c, issuer)
	if l.responder == nil || err != nil {
		return evidence, err
	}
	copied := *evidence
	copied.Signer = l.responder
	return &copied, nil
}

// The data of authorities stays in memory until the document is extended, and the document decides
// which authorities are asked.
func TestAuthoritiesThatGiveTooMuch(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	e.chain = e.chain[:1]
	document := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
	large := &x509.Certificate{Raw: make([]byte, 2<<20)}
	for name, source := range map[string]*lavish{
		"issuers":     {e, []*x509.Certificate{large, large, large}, nil},
		"a responder": {e, nil, &x509.Certificate{Raw: make([]byte, 5<<20)}},
	} {
		services := e.services()
		services.Revocation = source
		_, err := sign.Extend(t.Context(), bytes.NewReader(document),
			sign.Extension{Level: pades.LevelBLT, Services: services, Time: e.now()})
		if fault, ok := errors.AsType[*pades.ServiceError](err); !ok ||
			!strings.Contains(fault.Detail, "MiB of certificates") {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
}
