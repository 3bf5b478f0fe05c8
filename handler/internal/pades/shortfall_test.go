package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// hooked calls the hook before each request to a TSA, with the number of the request.
type hooked struct {
	pades.Timestamper
	before func(n int)
	asked  *int
	size   int // for TokenSize; 0 = that of the Timestamper
}

func (h hooked) Timestamp(ctx context.Context, hash crypto.Hash, digest []byte) (*cms.Timestamp, error) {
	*h.asked++
	if h.before != nil {
		h.before(*h.asked)
	}
	return h.Timestamper.Timestamp(ctx, hash, digest)
}

func (h hooked) TokenSize() int {
	if h.size != 0 {
		return h.size
	}
	return h.Timestamper.TokenSize()
}

// hook puts hooks before the requests of w's timestamper.
func (w *world) hook(before func(n int)) *hooked {
	h := &hooked{Timestamper: w.clients.Timestamper, before: before, asked: new(int)}
	w.clients.Timestamper = h
	return h
}

// answering is a source of revocation data whose answers are changed.
type answering struct {
	pades.RevocationSource
	change func(certificate *x509.Certificate, evidence *revocation.Evidence) (*revocation.Evidence, error)
}

func (a answering) Revocation(ctx context.Context,
	certificate, issuer *x509.Certificate) (*revocation.Evidence, error) {
	evidence, err := a.RevocationSource.Revocation(ctx, certificate, issuer)
	if err != nil {
		return nil, err
	}
	return a.change(certificate, evidence)
}

func (w *world) breakRevocation() {
	w.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Down})
	w.Fault(trusttest.CRL, trusttest.Fault{Kind: trusttest.Down})
}

// shortfalls are the failures that can keep a signature from its level.
var shortfalls = []struct {
	name    string
	arrange func(w *world)
	level   pades.Level // that is reached nevertheless
	service string
	subject string
}{
	{"no TSA configured", func(w *world) { w.clients.Timestamper = nil }, pades.LevelBB, "TSA", ""},
	{"no source of revocation data configured", func(w *world) { w.clients.Revocation = nil }, pades.LevelBT,
		"OCSP responder", ""},
	{"TSA down", func(w *world) { w.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Down}) }, pades.LevelBB, "TSA",
		""},
	{"TSA down at the second request", func(w *world) {
		w.hook(func(n int) {
			if n == 2 {
				w.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Down})
			}
		})
	}, pades.LevelBLT, "TSA", ""},
	{"authorities down", (*world).breakRevocation, pades.LevelBT, "", "Seal"},
	{"the TSA's authority down", func(w *world) {
		w.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Down, Of: trusttest.Timestamping})
		w.Fault(trusttest.CRL, trusttest.Fault{Kind: trusttest.Down, Of: trusttest.Timestamping})
	}, pades.LevelBT, "", "Test TSA"},
	{"an authority that does not know the certificate", func(w *world) {
		w.clients.Revocation = answering{w.clients.Revocation,
			func(_ *x509.Certificate, e *revocation.Evidence) (*revocation.Evidence, error) {
				changed := *e
				changed.Status = revocation.Unknown
				return &changed, nil
			}}
	}, pades.LevelBT, "OCSP responder", "Seal"},
	{"evidence from after the certificate has expired", func(w *world) {
		w.clients.Revocation = answering{w.clients.Revocation,
			func(c *x509.Certificate, e *revocation.Evidence) (*revocation.Evidence, error) {
				changed := *e
				changed.ThisUpdate = c.NotAfter.Add(time.Second)
				return &changed, nil
			}}
	}, pades.LevelBT, "OCSP responder", "Seal"},
	{"authorities whose lists are too long together", func(w *world) {
		w.clients.Revocation = answering{w.clients.Revocation,
			func(c *x509.Certificate, e *revocation.Evidence) (*revocation.Evidence, error) {
				changed := *e
				changed.Kind, changed.Raw = revocation.KindCRL, append(bytes.Clone(c.Raw), make([]byte, 10<<20)...)
				return &changed, nil
			}}
	}, pades.LevelBT, "CRL", ""},
}

func TestWithoutAllowLowerAFailingServiceIsAnError(t *testing.T) {
	t.Parallel()
	for _, test := range shortfalls {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, trusttest.Config{})
			test.arrange(w)
			increment, err := sign.Sign(t.Context(), bytes.NewReader(sample()), w.chain, w.key,
				w.options(pades.LevelLTA))
			if increment != nil {
				t.Error("got an increment, want none")
			}
			checkShortfall(t, err, test.service, test.subject)
		})
	}
}

func TestAllowLowerGivesTheLevelReached(t *testing.T) {
	t.Parallel()
	for _, test := range shortfalls {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, trusttest.Config{})
			test.arrange(w)
			options := w.options(pades.LevelLTA)
			options.AllowLower = true
			document := sample()
			increment, err := sign.Sign(t.Context(), bytes.NewReader(document), w.chain, w.key, options)
			if err != nil {
				t.Fatal(err)
			}
			if increment.Level != test.level {
				t.Errorf("got level %s, want %s", increment.Level, test.level)
			}
			checkShortfall(t, increment.Shortfall, test.service, test.subject)
			levels := []pades.Level{pades.LevelBB, pades.LevelBT, pades.LevelBLT}
			w.checkForm(t, slices.Concat(document, increment.Bytes), slices.Index(levels, increment.Level),
				revisions(document))
		})
	}
}

func checkShortfall(t *testing.T, err error, service, subject string) {
	t.Helper()
	fault := serviceError(t, err)
	if service != "" && fault.Service != service || fault.Subject != subject {
		t.Errorf("got %q about %q, want %q about %q: %v", fault.Service, fault.Subject, service, subject, err)
	}
}

// A certificate that names no source of revocation data cannot reach B-LT.
func TestCertificateWithoutSourcesCannotReachBLT(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	mute := w.newSigner(t, pkitest.P256, pkitest.SigningTemplate("Mute", time.Now()), trusttest.OCSP, trusttest.CRL)
	_, err := mute.try(t.Context(), sample(), w.options(pades.LevelBLT))
	if fault := serviceError(t, err); fault.Subject != "Mute" {
		t.Errorf("got an error about %q, want one about the signer", fault.Subject)
	}
	// A certificate that expires before it could be revoked needs no revocation data.
	template := pkitest.SigningTemplate("Brief", time.Now())
	template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{
		Id: asn1.ObjectIdentifier{0, 4, 0, 194121, 2, 1}, Value: []byte{5, 0},
	})
	brief := w.newSigner(t, pkitest.P256, template, trusttest.OCSP, trusttest.CRL)
	found := readStore(t, brief.sign(t, sample(), w.options(pades.LevelBLT)))
	if !holds(found.certs, brief.chain[0].Raw) || len(found.ocsps) != 3 {
		t.Errorf("got %d certificates and %d OCSP responses, want none about the short-term one", len(found.certs),
			len(found.ocsps))
	}
}

func TestRevokedCertificatesAreNeverUsed(t *testing.T) {
	t.Parallel()
	for name, choose := range map[string]func(w *world) *x509.Certificate{
		"signer":          func(w *world) *x509.Certificate { return w.chain[0] },
		"issuing CA":      func(w *world) *x509.Certificate { return w.chain[1] },
		"TSA":             func(w *world) *x509.Certificate { return w.TSAChain()[0] },
		"timestamping CA": func(w *world) *x509.Certificate { return w.TSAChain()[1] },
	} {
		for _, without := range [][]trusttest.Service{nil, {trusttest.OCSP}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, trusttest.Config{Without: without})
				if err := w.Revoke(choose(w), time.Now().Add(-time.Minute), 1); err != nil {
					t.Fatal(err)
				}
				options := w.options(pades.LevelBLT)
				options.AllowLower = true
				increment, err := sign.Sign(t.Context(), bytes.NewReader(sample()), w.chain, w.key, options)
				if increment != nil || codeOf(err) != pades.CodeCertificateRevoked {
					t.Errorf("got %v %v, want %s", increment, err, pades.CodeCertificateRevoked)
				}
			})
		}
	}
}

// The end of the context is not the failure of a service: it never lowers a level.
func TestTheEndOfTheContextIsAlwaysAnError(t *testing.T) {
	t.Parallel()
	for name, arrange := range map[string]func(w *world, cancel func()){
		"first timestamp": func(w *world, cancel func()) { w.hook(func(n int) { cancel() }) },
		"second timestamp": func(w *world, cancel func()) {
			w.hook(func(n int) {
				if n == 2 {
					cancel()
				}
			})
		},
		"revocation": func(w *world, cancel func()) {
			w.clients.Revocation = answering{w.clients.Revocation,
				func(*x509.Certificate, *revocation.Evidence) (*revocation.Evidence, error) {
					cancel()
					return nil, &pades.ServiceError{Service: "CRL", Detail: "not waited for"}
				}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, trusttest.Config{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			arrange(w, cancel)
			options := w.options(pades.LevelLTA)
			options.AllowLower = true
			increment, err := sign.Sign(ctx, bytes.NewReader(sample()), w.chain, w.key, options)
			if increment != nil || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v %v, want %v", increment, err, context.Canceled)
			}
			if _, err := sign.TimestampDocument(ctx, bytes.NewReader(sample()), w.clients); !errors.Is(err,
				context.Canceled) {
				t.Errorf("timestamp: got %v, want %v", err, context.Canceled)
			}
		})
	}
}

// counted counts how often a key is used.
type counted struct {
	crypto.Signer
	uses *atomic.Int32
}

func (c counted) Sign(random io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	c.uses.Add(1)
	return c.Signer.Sign(random, digest, options)
}

// growTSA gives the TSA a certificate of n times 2000 bytes.
func (w *world) growTSA(t *testing.T, n int) {
	key, err := pkitest.NewKey(pkitest.P256)
	if err != nil {
		t.Error(err)
		return
	}
	template := trusttest.TSATemplate("Large TSA", time.Now())
	large := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: make([]byte, n*2000)}
	template.ExtraExtensions = append(template.ExtraExtensions, large)
	if err := w.SetTSA(template, key); err != nil {
		t.Error(err)
	}
}

// A token that is larger than its place gets a larger place, once, and is never truncated.
func TestLargeTokens(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		size        int
		grow        bool // each token is larger than the one before
		asked, uses int
		code        string
	}{
		{"as it was guessed", 0, false, 2, 1, ""},
		{"larger than the guess", 1, false, 4, 2, ""},
		{"guess below zero", -5000, false, 4, 2, ""},
		{"larger each time", 1, true, 2, 2, pades.CodeContentsTooSmall},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, trusttest.Config{})
			h := w.hook(func(n int) {
				if test.grow {
					w.growTSA(t, n)
				}
			})
			h.size = test.size
			document := sample()
			uses := new(atomic.Int32)
			increment, err := sign.Sign(t.Context(), bytes.NewReader(document), w.chain, counted{w.key, uses},
				w.options(pades.LevelLTA))
			if int(uses.Load()) != test.uses || *h.asked != test.asked {
				t.Errorf("got %d uses of the key and %d requests, want %d and %d", uses.Load(), *h.asked, test.uses,
					test.asked)
			}
			if test.code != "" {
				if increment != nil || codeOf(err) != test.code {
					t.Errorf("got %v %v, want %s", increment, err, test.code)
				}
				if _, err := sign.TimestampDocument(t.Context(), bytes.NewReader(document),
					w.clients); codeOf(err) != test.code {
					t.Errorf("document timestamp: got %v, want %s", err, test.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			w.checkForm(t, slices.Concat(document, increment.Bytes), 3, revisions(document))
		})
	}
}

// The key is not used if the services for the level are missing.
func TestMissingServicesAreNoticedBeforeTheKeyIsUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	for _, services := range []pades.Services{{}, {Timestamper: w.clients.Timestamper}} {
		uses := new(atomic.Int32)
		options := pades.Options{Level: pades.LevelBLT, Services: services, Time: time.Now()}
		_, err := sign.Sign(t.Context(), bytes.NewReader(sample()), w.chain, counted{w.key, uses}, options)
		serviceError(t, err)
		if uses.Load() != 0 {
			t.Errorf("got %d uses of the key, want none", uses.Load())
		}
	}
}

// metered counts the bytes that are read of a document.
type metered struct {
	*bytes.Reader
	read *atomic.Int64
}

func (m metered) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.Reader.ReadAt(p, off)
	m.read.Add(int64(n))
	return n, err
}

func TestEveryLevelReadsTheDocumentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	document := pdftest.Sample(4 << 20)
	h := w.hook(nil)
	h.size = 1 // too small, so everything is made twice
	for _, digest := range []crypto.Hash{crypto.SHA256, crypto.SHA384} {
		read := new(atomic.Int64)
		options := w.options(pades.LevelLTA)
		options.Digest = digest
		if _, err := sign.Sign(t.Context(), metered{bytes.NewReader(document), read}, w.chain, w.key,
			options); err != nil {
			t.Fatal(err)
		}
		if limit := int64(len(document)) * 5 / 4; read.Load() > limit {
			t.Errorf("%v: got %d bytes read of a document of %d", digest, read.Load(), len(document))
		}
	}
}

// vouching reports every certificate as good, and knows no issuers.
type vouching struct{}

func (vouching) Revocation(_ context.Context, certificate, issuer *x509.Certificate) (*revocation.Evidence, error) {
	return &revocation.Evidence{
		Kind: revocation.KindOCSP, Raw: certificate.Raw, Status: revocation.Good, ThisUpdate: time.Now(),
		Signer: issuer,
	}, nil
}

func (vouching) Issuers(context.Context, *x509.Certificate) ([]*x509.Certificate, error) {
	return nil, nil
}

// Chains are followed by keys, not by names alone, and only within bounds.
func TestChainsAreFollowedWithinBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	w.clients.Revocation = vouching{}
	root, err := pkitest.NewRoot("Top", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	issue := func(issuer *pkitest.Authority) signer {
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			t.Fatal(err)
		}
		chain, err := issuer.Issue(pkitest.SigningTemplate("Seal", time.Now()), key.Public())
		if err != nil {
			t.Fatal(err)
		}
		return signer{chain, key}
	}
	deep := root
	for n := range 70 {
		if deep, err = deep.NewIntermediate(fmt.Sprint("CA ", n), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	var namesakes []*x509.Certificate
	for range 40 {
		namesake, err := pkitest.NewRoot("Top", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		namesakes = append(namesakes, namesake.Root())
	}
	direct, far := issue(root), issue(deep)
	for _, test := range []struct {
		name   string
		signer signer
		known  []*x509.Certificate
		err    string
	}{
		{"a namesake comes first", direct, append(namesakes[:1:1], root.Root()), ""},
		{"too many namesakes", direct, append(namesakes, root.Root()),
			"CA issuers for Seal: the issuer's certificate cannot be found"},
		{"no issuer", direct, namesakes[:1], "CA issuers for Seal: the issuer's certificate cannot be found"},
		{"too deep", far, far.chain, "document_too_complex: the chains of a signature have too many certificates"},
	} {
		options := w.options(pades.LevelBLT)
		options.Services.Known = append(test.known, w.TSAChain()...)
		signed, err := signer{test.signer.chain[:1], test.signer.key}.try(t.Context(), sample(), options)
		if test.err != "" || err != nil {
			if fmt.Sprint(err) != test.err {
				t.Errorf("%s: got %v, want %q", test.name, err, test.err)
			}
			continue
		}
		if found := readStore(t, signed); !holds(found.certs, root.Root().Raw) || holds(found.certs, namesakes[0].Raw) {
			t.Errorf("%s: got another issuer than the one with the key", test.name)
		}
	}
}

// The certificate of a delegated OCSP responder must be proved, too, unless it says that it needs
// no revocation check, or names no source of revocation data.
func TestRespondersAreProved(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		noCheck bool
		without []trusttest.Service
		asked   int
	}{
		{"nocheck", true, nil, 4}, // the signer, the TSA and their two authorities
		{"names nobody", false, []trusttest.Service{trusttest.OCSP, trusttest.CRL}, 4},
		{"to be asked about", false, nil, 5},
	} {
		w := newWorld(t, trusttest.Config{})
		responder := w.newSigner(t, pkitest.P256, pkitest.SigningTemplate("Responder", time.Now()), test.without...)
		asked := 0
		w.clients.Revocation = answering{w.clients.Revocation,
			func(_ *x509.Certificate, e *revocation.Evidence) (*revocation.Evidence, error) {
				asked++
				changed := *e
				changed.Signer, changed.NoCheck = responder.chain[0], test.noCheck
				return &changed, nil
			}}
		found := readStore(t, w.sign(t, sample(), w.options(pades.LevelBLT)))
		if asked != test.asked || len(found.ocsps) != test.asked {
			t.Errorf("%s: got %d questions and %d answers, want %d", test.name, asked, len(found.ocsps), test.asked)
		}
		if len(found.certs) != 5+1 || !holds(found.certs, responder.chain[0].Raw) {
			t.Errorf("%s: got %d certificates, want those of both chains and the responder's", test.name,
				len(found.certs))
		}
	}
}
