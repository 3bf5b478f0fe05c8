package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// estate is a PKI with its services and a signer, whose clock the test moves.
type estate struct {
	*trusttest.Services
	signer
	clock *atomic.Int64 // Unix seconds
	blind bool          // accepts the TSA's answers without a check
}

// newEstate makes an estate whose clock begins now. The clock of newEstateAt begins at another
// time.
func newEstate(t testing.TB, config trusttest.Config) *estate {
	t.Helper()
	return newEstateAt(t, config, time.Now())
}

func newEstateAt(t testing.TB, config trusttest.Config, at time.Time) *estate {
	t.Helper()
	clock := new(atomic.Int64)
	clock.Store(at.Unix())
	config.Now = func() time.Time { return time.Unix(clock.Load(), 0) }
	services, err := trusttest.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { services.Close() })
	e := &estate{Services: services, clock: clock}
	e.newSigner(t)
	return e
}

func (e *estate) newSigner(t testing.TB, without ...trusttest.Service) {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := e.Issue(pkitest.SigningTemplate("Seal", e.now()), key.Public(), without...)
	if err != nil {
		t.Fatal(err)
	}
	e.signer = signer{chain, key}
}

// longSigner makes a signer whose certificate outlives all others and names no services.
func (e *estate) longSigner(t testing.TB, issuer trusttest.Name) {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	template := pkitest.SigningTemplate("Seal", e.now())
	template.NotAfter = e.now().AddDate(12, 0, 0)
	chain, err := e.Authority(issuer).Issue(template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	e.signer = signer{chain, key}
}

func (e *estate) newTSA(t testing.TB) {
	t.Helper()
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetTSA(trusttest.TSATemplate("Another TSA", e.now()), key); err != nil {
		t.Fatal(err)
	}
}

func (e *estate) now() time.Time          { return time.Unix(e.clock.Load(), 0) }
func (e *estate) advance(d time.Duration) { e.clock.Add(int64(d / time.Second)) }

func (e *estate) services() pades.Services {
	return pades.Services{Timestamper: e, Revocation: e}
}

func (e *estate) offline() pades.Trust {
	return pades.Trust{Anchors: []*x509.Certificate{e.Root}, Time: e.now()}
}

func (e *estate) online() pades.Trust {
	trust := e.offline()
	trust.Online = e
	return trust
}

func (e *estate) signAt(t testing.TB, document []byte, level pades.Level, options pades.Options) []byte {
	t.Helper()
	options.Level, options.Services, options.Time = level, e.services(), e.now()
	increment, err := sign.Sign(t.Context(), bytes.NewReader(document), e.chain, e.key, options)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(document, increment.Bytes)
}

func (e *estate) extend(t testing.TB, document []byte) []byte {
	t.Helper()
	increment, err := sign.Extend(t.Context(), bytes.NewReader(document),
		sign.Extension{Services: e.services(), Time: e.now()})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(document, increment.Bytes)
}

func (e *estate) timestamp(t testing.TB, document []byte) []byte {
	t.Helper()
	increment, err := sign.TimestampDocument(t.Context(), bytes.NewReader(document), e.services())
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(document, increment.Bytes)
}

// ask sends one request to a service.
func ask(ctx context.Context, method, url, kind string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", kind)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// Timestamp implements pades.Timestamper.
func (e *estate) Timestamp(ctx context.Context, hash crypto.Hash, digest []byte) (*cms.Timestamp, error) {
	request := cms.TimestampRequest{Hash: hash, Imprint: digest, Nonce: big.NewInt(time.Now().UnixNano())}
	der, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	answer, err := ask(ctx, http.MethodPost, e.TSAURL(), "application/timestamp-query", der)
	if err != nil {
		return nil, &pades.ServiceError{Service: "TSA", Detail: "no answer", Err: err}
	}
	if e.blind {
		at := bytes.Index(answer[8:], []byte{0x30, 0x82}) // the token behind the status
		return cms.ParseTimestamp(answer[8+at:])
	}
	return request.ParseResponse(answer)
}

// TokenSize implements pades.Timestamper.
func (e *estate) TokenSize() int { return 4000 }

// Revocation implements pades.RevocationSource: by OCSP, or by a list where the responder's own
// certificate has expired.
func (e *estate) Revocation(ctx context.Context, certificate, issuer *x509.Certificate) (*revocation.Evidence, error) {
	responders, lists, _ := revocation.Sources(certificate)
	evidence, err := (*revocation.Evidence)(nil), errors.New("none named")
	if len(responders) > 0 {
		evidence, err = evidenceOfOCSP(ctx, responders[0], certificate, issuer)
	}
	expired := err == nil && !evidence.Signer.Equal(issuer) && e.now().After(evidence.Signer.NotAfter)
	if len(lists) > 0 && (len(responders) == 0 || expired) {
		evidence, err = evidenceOfList(ctx, lists[0], certificate, issuer)
	}
	if err != nil {
		return nil, &pades.ServiceError{Service: "OCSP responder", Subject: certificate.Subject.CommonName,
			Detail: "no answer", Err: err}
	}
	return evidence, nil
}

func evidenceOfOCSP(ctx context.Context, url string, certificate, issuer *x509.Certificate) (*revocation.Evidence,
	error) {
	der, err := ocspResponse(ctx, url, certificate, issuer)
	if err != nil {
		return nil, err
	}
	response, err := revocation.ParseResponse(der)
	if err != nil {
		return nil, err
	}
	return response.About(certificate, issuer)
}

func evidenceOfList(ctx context.Context, url string, certificate, issuer *x509.Certificate) (*revocation.Evidence,
	error) {
	der, err := ask(ctx, http.MethodGet, url, "", nil)
	if err != nil {
		return nil, err
	}
	list, err := revocation.ParseList(der)
	if err != nil {
		return nil, err
	}
	return list.About(certificate, issuer)
}

func ocspResponse(ctx context.Context, url string, certificate, issuer *x509.Certificate) ([]byte, error) {
	request, err := revocation.Request(certificate, issuer)
	if err != nil {
		return nil, err
	}
	return ask(ctx, http.MethodPost, url, "application/ocsp-request", request)
}

// Issuers implements pades.RevocationSource.
func (e *estate) Issuers(ctx context.Context, certificate *x509.Certificate) ([]*x509.Certificate, error) {
	_, _, issuers := revocation.Sources(certificate)
	if len(issuers) == 0 {
		return nil, nil
	}
	der, err := ask(ctx, http.MethodGet, issuers[0], "", nil)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificates(der)
}

// fetch gives an OCSP response about a certificate.
func (e *estate) fetch(t testing.TB, chain []*x509.Certificate) []byte {
	t.Helper()
	der, err := ocspResponse(t.Context(), chain[0].OCSPServer[0], chain[0], chain[1])
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// withStore appends a document security store with these values, in addition to the existing ones.
func withStore(t *testing.T, document []byte, certificates []*x509.Certificate, responses ...[]byte) []byte {
	t.Helper()
	return appendix(t, document, func(t *testing.T, f *pdf.File, u *pdf.Update) {
		root, catalog, err := f.Catalog()
		if err != nil {
			t.Fatal(err)
		}
		certs, ocsps, lists := pdf.Array{}, pdf.Array{}, pdf.Array{}
		if catalog["DSS"] != nil {
			certs, ocsps = extend(t, f, catalog["DSS"], "Certs"), extend(t, f, catalog["DSS"], "OCSPs")
			lists = extend(t, f, catalog["DSS"], "CRLs")
		}
		for _, c := range certificates {
			certs = append(certs, u.Add(pdf.NewStream(pdf.Dict{}, c.Raw)))
		}
		for _, r := range responses {
			ocsps = append(ocsps, u.Add(pdf.NewStream(pdf.Dict{}, r)))
		}
		edit(t, f, u, root,
			pdf.Dict{"DSS": u.Add(pdf.Dict{"Type": pdf.Name("DSS"), "Certs": certs, "OCSPs": ocsps, "CRLs": lists})})
	})
}

const (
	day  = 24 * time.Hour
	year = 365 * day
)

func sample() []byte { return pdftest.File{Objects: pdftest.Pages(1, "")}.Bytes() }

// The verdict on a signature depends on the proofs of its time and on the available evidence. Each
// row is the history of a document.
func TestLongTermValidation(t *testing.T) {
	t.Parallel()
	type want struct {
		indication pades.Indication
		sub        pades.SubIndication
		level      pades.Level
		proved     bool // best-signature-time is that of the first timestamp
	}
	passed := func(level pades.Level) want { return want{pades.TotalPassed, "", level, level != pades.LevelBB} }
	open := func(sub pades.SubIndication, proved bool) want {
		level := pades.LevelBB
		if proved {
			level = pades.LevelBT
		}
		return want{pades.Indeterminate, sub, level, proved}
	}
	revoke := func(t *testing.T, e *estate, c *x509.Certificate, reason int) {
		if err := e.Revoke(c, e.now(), reason); err != nil {
			t.Fatal(err)
		}
	}
	mute := trusttest.Config{Without: []trusttest.Service{trusttest.OCSP, trusttest.CRL}}
	for _, test := range []struct {
		name   string
		config trusttest.Config
		live   func(t *testing.T, e *estate) []byte // the history that makes the document
		online bool
		want   want
	}{
		{"B-B, nobody to ask", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			return e.signAt(t, sample(), pades.LevelBB, pades.Options{})
		}, false, open(pades.TryLater, false)},
		{"B-B, online", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			return e.signAt(t, sample(), pades.LevelBB, pades.Options{})
		}, true, passed(pades.LevelBB)},
		{"B-B, CRLs online", trusttest.Config{Without: []trusttest.Service{trusttest.OCSP}},
			func(t *testing.T, e *estate) []byte {
				e.advance(time.Hour)
				return e.signAt(t, sample(), pades.LevelBB, pades.Options{})
			}, true, passed(pades.LevelBB)},
		{"B-B, no place named", mute, func(t *testing.T, e *estate) []byte {
			return e.signAt(t, sample(), pades.LevelBB, pades.Options{})
		}, false, passed(pades.LevelBB)},
		{"B-B, expired", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
			e.advance(2*year + 10*day)
			return signed
		}, true, open(pades.OutOfBoundsNoPOE, false)},
		{"B-B, expired and known not to be revoked", trusttest.Config{Lifetime: 4 * year},
			func(t *testing.T, e *estate) []byte {
				signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
				signed = withStore(t, signed, e.chain[1:], e.fetch(t, e.chain))
				e.advance(2*year + 10*day)
				return signed
			}, false, open(pades.OutOfBoundsNotRevoked, false)},
		{"B-B, revoked before", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			revoke(t, e, e.chain[0], 1)
			e.advance(time.Hour)
			return e.signAt(t, sample(), pades.LevelBB, pades.Options{})
		}, true, open(pades.RevokedNoPOE, false)},
		{"B-B, revoked after", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
			e.advance(time.Hour)
			revoke(t, e, e.chain[0], 1)
			return signed
		}, true, open(pades.RevokedNoPOE, false)},
		{"B-B, the responder of older evidence has expired, revoked since", trusttest.Config{Delegated: true},
			func(t *testing.T, e *estate) []byte {
				signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
				signed = withStore(t, signed, e.chain[1:], e.fetch(t, e.chain))
				e.advance(year + 10*day)
				revoke(t, e, e.chain[0], 1)
				return signed
			}, true, open(pades.RevokedNoPOE, false)},
		{"B-B, suspended", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
			e.advance(time.Hour)
			revoke(t, e, e.chain[0], 6)
			return signed
		}, true, open(pades.TryLater, false)},
		{"B-B, the CA was revoked", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
			e.advance(time.Hour)
			revoke(t, e, e.chain[1], 2)
			return signed
		}, true, open(pades.RevokedCANoPOE, false)},
		{"B-T, online", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			return e.signAt(t, sample(), pades.LevelBT, pades.Options{})
		}, true, passed(pades.LevelBT)},
		{"B-T, nobody to ask", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			return e.signAt(t, sample(), pades.LevelBT, pades.Options{})
		}, false, open(pades.TryLater, false)},
		{"B-T, revoked after", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
			e.advance(time.Hour)
			revoke(t, e, e.chain[0], 1)
			return signed
		}, true, passed(pades.LevelBT)},
		{"B-T, revoked before", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			revoke(t, e, e.chain[0], 1)
			e.advance(time.Hour)
			return e.signAt(t, sample(), pades.LevelBT, pades.Options{})
		}, true, open(pades.RevokedNoPOE, true)},
		{"B-T, suspended after", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
			e.advance(time.Hour)
			revoke(t, e, e.chain[0], 6)
			return signed
		}, true, passed(pades.LevelBT)},
		{"B-T, the CA was revoked after", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
			e.advance(time.Hour)
			revoke(t, e, e.chain[1], 2)
			return signed
		}, true, passed(pades.LevelBT)},
		{"B-T, the CA was revoked before", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			revoke(t, e, e.chain[1], 2)
			e.advance(time.Hour)
			return e.signAt(t, sample(), pades.LevelBT, pades.Options{})
		}, true, open(pades.RevokedCANoPOE, true)},
		{"B-T, the TSA was revoked", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
			e.advance(time.Hour)
			revoke(t, e, e.TSAChain()[0], 1)
			return signed
		}, true, passed(pades.LevelBB)},
		{"B-T, the TSA's authority was revoked", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
			e.advance(time.Hour)
			revoke(t, e, e.TSAChain()[1], 2)
			return signed
		}, true, passed(pades.LevelBB)},
		{"B-T, the TSA's authority is on hold", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
			e.advance(time.Hour)
			revoke(t, e, e.TSAChain()[1], 6)
			return signed
		}, true, passed(pades.LevelBB)},
		{"B-T, expired since", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
			e.advance(2*year + 10*day)
			return signed
		}, true, open(pades.TryLater, true)},
		{"B-T, evidence from after the expiry", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
			e.advance(2*year + 10*day)
			tsa := e.TSAChain()
			return withStore(t, signed, e.chain[1:], e.fetch(t, e.chain), e.fetch(t, e.chain[1:]), e.fetch(t, tsa),
				e.fetch(t, tsa[1:]))
		}, false, open(pades.TryLater, true)},
		{"B-B, the CA was revoked and nothing is known of the signer", trusttest.Config{},
			func(t *testing.T, e *estate) []byte {
				revoke(t, e, e.chain[1], 2)
				return withStore(t, e.signAt(t, sample(), pades.LevelBB, pades.Options{}), e.chain[1:],
					e.fetch(t, e.chain[1:]))
			}, false, open(pades.RevokedCANoPOE, false)},
		{"B-B, the CA has expired", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			e.longSigner(t, trusttest.Issuing)
			signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
			e.advance(11 * year)
			return signed
		}, false, open(pades.OutOfBoundsNoPOE, false)},
		{"B-B, the anchor has expired", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			e.longSigner(t, trusttest.Root)
			signed := e.signAt(t, sample(), pades.LevelBB, pades.Options{})
			e.advance(11 * year)
			return signed
		}, false, passed(pades.LevelBB)},
		{"B-LT, the TSA was revoked since, as is known online", trusttest.Config{},
			func(t *testing.T, e *estate) []byte {
				signed := e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
				e.advance(2 * day)
				revoke(t, e, e.TSAChain()[0], 1)
				return signed
			}, true, passed(pades.LevelBB)},
		{"B-T by a document timestamp", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			return e.timestamp(t, e.signAt(t, sample(), pades.LevelBB, pades.Options{}))
		}, true, passed(pades.LevelBT)},
		{"B-LT", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			return e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
		}, false, passed(pades.LevelBLT)},
		{"a store that is about others, where no place is named", mute, func(t *testing.T, e *estate) []byte {
			return withStore(t, e.signAt(t, sample(), pades.LevelBT, pades.Options{}), ecdsaSigner(t).chain,
				[]byte("stray"))
		}, false, passed(pades.LevelBT)},
		{"the same under an archive timestamp", mute, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
			return e.timestamp(t, withStore(t, signed, ecdsaSigner(t).chain, []byte("stray")))
		}, false, passed(pades.LevelBT)},
		{"its chain in the store, where no place is named", mute, func(t *testing.T, e *estate) []byte {
			return withStore(t, e.signAt(t, sample(), pades.LevelBT, pades.Options{}), e.chain)
		}, false, passed(pades.LevelBLT)},
		{"the same under another archive timestamp", mute, func(t *testing.T, e *estate) []byte {
			return e.timestamp(t, withStore(t, e.signAt(t, sample(), pades.LevelBT, pades.Options{}), e.chain))
		}, false, passed(pades.LevelLTA)},
		{"an archive timestamp before the validation data of the TSA", trusttest.Config{},
			func(t *testing.T, e *estate) []byte {
				signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
				signed = e.timestamp(t, withStore(t, signed, e.chain[1:], e.fetch(t, e.chain), e.fetch(t, e.chain[1:])))
				tsa := e.TSAChain()
				return withStore(t, signed, tsa[1:], e.fetch(t, tsa), e.fetch(t, tsa[1:]))
			}, false, passed(pades.LevelBLT)},
		{"validation data without the TSA's", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			return withStore(t, e.signAt(t, sample(), pades.LevelBT, pades.Options{}), e.chain[1:], e.fetch(t, e.chain),
				e.fetch(t, e.chain[1:]))
		}, true, passed(pades.LevelBT)},
		{"a document timestamp before validation data without the TSA's", trusttest.Config{},
			func(t *testing.T, e *estate) []byte {
				signed := e.timestamp(t, e.signAt(t, sample(), pades.LevelBB, pades.Options{}))
				return withStore(t, signed, e.chain[1:], e.fetch(t, e.chain), e.fetch(t, e.chain[1:]))
			}, true, passed(pades.LevelBT)},
		{"B-LT, a delegated responder", trusttest.Config{Delegated: true}, func(t *testing.T, e *estate) []byte {
			return e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
		}, false, passed(pades.LevelBLT)},
		{"B-LT by CRLs", trusttest.Config{Without: []trusttest.Service{trusttest.OCSP}},
			func(t *testing.T, e *estate) []byte {
				e.advance(time.Hour)
				return e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
			}, false, passed(pades.LevelBLT)},
		{"B-LT, a year later", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
			e.advance(year)
			return signed
		}, false, passed(pades.LevelBLT)},
		{"B-LT, expired since", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
			e.advance(2*year + 10*day)
			return signed
		}, false, passed(pades.LevelBLT)},
		{"B-LT, the TSA has expired", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
			e.advance(3*year + 10*day)
			return signed
		}, true, open(pades.OutOfBoundsNoPOE, false)},
		{"B-LT, revoked after", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
			e.advance(time.Hour)
			revoke(t, e, e.chain[0], 1)
			return signed
		}, true, passed(pades.LevelBLT)},
		{"B-LT, the responder has expired", trusttest.Config{Delegated: true}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
			e.advance(year + 10*day)
			return signed
		}, false, open(pades.RevocationOutOfBounds, true)},
		{"B-LTA", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			return e.signAt(t, sample(), pades.LevelLTA, pades.Options{})
		}, false, passed(pades.LevelLTA)},
		{"B-LTA, the responder has expired", trusttest.Config{Delegated: true}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelLTA, pades.Options{})
			e.advance(2*year + 10*day)
			return signed
		}, false, passed(pades.LevelLTA)},
		{"B-LTA, all TSAs have expired", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelLTA, pades.Options{})
			e.advance(3*year + 10*day)
			return signed
		}, true, open(pades.OutOfBoundsNoPOE, false)},
		{"B-LTA, renewed by another TSA", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.signAt(t, sample(), pades.LevelLTA, pades.Options{})
			e.advance(300 * day)
			e.newTSA(t)
			signed = e.extend(t, signed)
			e.advance(2*year + 300*day)
			return signed
		}, true, passed(pades.LevelLTA)},
		{"B-LTA, the first TSA was revoked after the renewal", trusttest.Config{},
			func(t *testing.T, e *estate) []byte {
				old := e.TSAChain()[0]
				signed := e.signAt(t, sample(), pades.LevelLTA, pades.Options{})
				e.advance(30 * day)
				e.newTSA(t)
				signed = e.extend(t, signed)
				e.advance(30 * day)
				revoke(t, e, old, 1)
				return withStore(t, signed, e.chain[1:], e.fetch(t, []*x509.Certificate{old, e.TSAChain()[1]}))
			}, true, passed(pades.LevelLTA)},
		{"a document timestamp before the validation data", trusttest.Config{}, func(t *testing.T, e *estate) []byte {
			signed := e.timestamp(t, e.signAt(t, sample(), pades.LevelBB, pades.Options{}))
			tsa := e.TSAChain()
			return withStore(t, signed, e.chain[1:], e.fetch(t, e.chain), e.fetch(t, e.chain[1:]), e.fetch(t, tsa),
				e.fetch(t, tsa[1:]))
		}, false, passed(pades.LevelBLT)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, test.config)
			document := test.live(t, e)
			trust := e.offline()
			if test.online {
				trust = e.online()
			}
			found := verified(t, document, trust)
			got := found[0]
			if got.Indication != test.want.indication || got.SubIndication != test.want.sub ||
				got.Level != test.want.level {
				t.Errorf("got %s %s %s (%s), want %+v", got.Indication, got.SubIndication, got.Level, got.Detail,
					test.want)
				for _, timestamp := range got.Timestamps {
					t.Logf("timestamp: %s %s %s", timestamp.Indication, timestamp.SubIndication, timestamp.Detail)
				}
				for _, s := range found[1:] {
					t.Logf("document timestamp: %s %s %s", s.Indication, s.SubIndication, s.Detail)
				}
			}
			best := trust.Time
			if test.want.proved && len(got.Timestamps) > 0 {
				best = got.Timestamps[0].Time
			} else if test.want.proved {
				best = found[1].BestSignatureTime
			}
			if !got.BestSignatureTime.Equal(best) {
				t.Errorf("got best-signature-time %v at %v, want %v", got.BestSignatureTime, trust.Time, best)
			}
			if (got.Detail == "") != (got.Indication == pades.TotalPassed) {
				t.Errorf("got the detail %q for %s", got.Detail, got.Indication)
			}
		})
	}
}
