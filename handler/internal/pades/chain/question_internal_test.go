package chain

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pkitest"
)

// family is a root, an authority below it, and a certificate of each.
type family struct {
	now             time.Time
	root, issuer    *pkitest.Authority
	byRoot, byBelow *x509.Certificate
}

func newFamily(t *testing.T) family {
	t.Helper()
	now := time.Now()
	root, err := pkitest.NewRoot("Root", now)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := root.NewIntermediate("Issuer", now)
	if err != nil {
		t.Fatal(err)
	}
	f := family{now: now, root: root, issuer: issuer}
	for by, into := range map[*pkitest.Authority]**x509.Certificate{root: &f.byRoot, issuer: &f.byBelow} {
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			t.Fatal(err)
		}
		chain, err := by.Issue(pkitest.SigningTemplate("Seal", now), key.Public())
		if err != nil {
			t.Fatal(err)
		}
		*into = chain[0]
	}
	return f
}

// validator returns a validator whose store has the certificates.
func (f family) validator(trust pades.Trust, anyRoot bool, stored ...*x509.Certificate) *Validator {
	trust.Time = f.now
	v := NewValidator(trust, anyRoot, nil)
	v.store = newStore(v.anchors)
	for _, c := range stored {
		v.store.addCertificate(c, Span{})
	}
	return v
}

func subOf(err error) pades.SubIndication {
	if verdict, ok := errors.AsType[*pades.VerdictError](err); ok {
		return verdict.Sub
	}
	return ""
}

// If every root of the document is an anchor, an authority that is no root still is none.
func TestAuthoritiesAreNoRoots(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	for name, test := range map[string]struct {
		stored []*x509.Certificate
		want   pades.SubIndication
	}{
		"the authority alone":        {f.issuer.Chain[:1], pades.NoCertificateChain},
		"the authority and its root": {f.issuer.Chain, ""},
	} {
		v := f.validator(pades.Trust{}, true, test.stored...)
		judged, err := v.Validate(t.Context(), Question{Signer: f.byBelow, At: f.now, Fresh: f.now})
		if err != nil || subOf(judged.Err) != test.want {
			t.Errorf("%s: got %+v, %v, want %q", name, judged, err, test.want)
		}
	}
}

// The certificate whose issuer is missing is the last one of a path of which the keys fit.
func TestPartialPaths(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	namesake, err := pkitest.NewRoot("Other", f.now)
	if err != nil {
		t.Fatal(err)
	}
	other := *namesake.Chain[0]
	other.RawSubject = f.issuer.Chain[0].RawSubject
	v := f.validator(pades.Trust{}, false, f.byRoot, &other, f.issuer.Chain[0])
	if got := v.partial(f.byBelow); got != f.issuer.Chain[0] || v.cost.tries != 2 {
		t.Errorf("got %v after %d tries, want the authority after two", got.Subject, v.cost.tries)
	}
	if got := v.partial(f.byRoot); got != f.byRoot {
		t.Errorf("got %v, want the certificate itself", got.Subject)
	}
	for left, want := range map[int]*x509.Certificate{2: f.issuer.Chain[0], 1: f.byBelow} {
		v.cost.tries = maxTries - left
		if got := v.partial(f.byBelow); got != want {
			t.Errorf("with %d tries left: got %v, want %v", left, got.Subject, want.Subject)
		}
	}
}

func TestWhyThereIsNoChain(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	weak := *f.byRoot
	weak.SignatureAlgorithm = x509.SHA1WithRSA
	v := f.validator(pades.Trust{}, false)
	for _, test := range []struct {
		err    error
		signer *x509.Certificate
		want   pades.SubIndication
	}{
		{x509.CertificateInvalidError{}, f.byRoot, pades.ChainConstraintsFailure},
		{x509.UnhandledCriticalExtension{}, f.byRoot, pades.ChainConstraintsFailure},
		{x509.UnknownAuthorityError{}, f.byRoot, pades.NoCertificateChain},
		{x509.UnknownAuthorityError{}, &weak, pades.CryptoConstraintsNoPOE},
	} {
		if got := v.pathFailure(test.err, test.signer); got.Sub != test.want {
			t.Errorf("%T: got %s, want %s", test.err, got.Sub, test.want)
		}
	}
}

// Chains that an earlier document proved are those of the same signer alone.
func TestProvenPathsOfTwoSigners(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	proven := &algorithm.Proven{}
	for range 2 {
		for signer, want := range map[*x509.Certificate]int{f.byRoot: 2, f.byBelow: 3} {
			v := f.validator(pades.Trust{Anchors: f.root.Chain, Proven: proven}, false, f.issuer.Chain[0])
			paths, err := v.build(signer, v.store)
			if err != nil || len(paths) != 1 || len(paths[0]) != want || paths[0][0] != signer ||
				!paths[0][want-1].Equal(f.root.Chain[0]) {
				t.Errorf("got %d paths, %v, want one of %d certificates", len(paths), err, want)
			}
			asked := search{anchors: v.roots, issuers: v.store.issuers}
			asked.from(signer)
			if again, known := asked.provenPaths(signer, proven, v.store.digest).recall(); !known || len(again) != 1 ||
				len(again[0]) != want {
				t.Errorf("got %v remembered, want the path", again)
			}
		}
	}
}

// questions counts what is asked online, and has no answers. What it returns beside the error must
// not be used.
type questions struct{ asked int }

func (q *questions) Revocation(_ context.Context, _, issuer *x509.Certificate) (*revocation.Evidence, error) {
	q.asked++
	evidence := &revocation.Evidence{Status: revocation.Good, ThisUpdate: time.Now(), Signer: issuer}
	return evidence, errors.New("no answer")
}

func (q *questions) Issuers(context.Context, *x509.Certificate) ([]*x509.Certificate, error) {
	q.asked++
	return nil, errors.New("no answer")
}

// Nobody is asked about a certificate that the document proves to be good.
func TestGoodCertificatesAreNotAskedAbout(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	template := ocsp.Response{Status: ocsp.Good, SerialNumber: f.byRoot.SerialNumber, ThisUpdate: f.now,
		NextUpdate: f.now.Add(time.Hour)}
	der, err := ocsp.CreateResponse(f.root.Chain[0], f.root.Chain[0], template, f.root.Key)
	if err != nil {
		t.Fatal(err)
	}
	for _, proved := range []bool{true, false} {
		online := &questions{}
		v := f.validator(pades.Trust{Anchors: f.root.Chain, Online: online}, false)
		signer := *f.byRoot
		signer.OCSPServer = []string{"http://ocsp.example.org"}
		if proved {
			v.store.addResponse(der, Span{})
		}
		found, err := v.revocationStatus(t.Context(), Question{Signer: &signer, At: f.now, Fresh: f.now}, &signer,
			f.root.Chain[0])
		if err != nil || (found.err == nil) != proved || (online.asked == 0) != proved {
			t.Errorf("proved %v: got %v, %v after %d questions", proved, found.err, err, online.asked)
		}
	}
	// Nor is anybody asked about a certificate that has expired: authorities may have forgotten it.
	for after, want := range map[time.Duration]int{0: 1, time.Second: 0} {
		online := &questions{}
		v := f.validator(pades.Trust{Anchors: f.root.Chain, Online: online}, false)
		v.trust.Time = f.byRoot.NotAfter.Add(after)
		signer := *f.byRoot
		signer.OCSPServer = []string{"http://ocsp.example.org"}
		q := Question{Signer: &signer, At: v.trust.Time, Fresh: v.trust.Time}
		if _, err := v.revocationStatus(t.Context(), q, &signer, f.root.Chain[0]); err != nil || online.asked != want {
			t.Errorf("%v after its end: got %v after %d questions, want %d", after, err, online.asked, want)
		}
	}
}

// Current evidence is asked for about each certificate below the anchor about which there is none,
// whether or not it is demanded, and not about one that is known to be revoked.
func TestWhoIsAskedAbout(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	named := func(c *x509.Certificate) *x509.Certificate {
		asked := *c
		asked.OCSPServer = []string{"http://ocsp.example.org"}
		return &asked
	}
	signer, issuer := named(f.byBelow), named(f.issuer.Chain[0])
	for _, test := range []struct {
		name                  string
		timestamping, revoked bool
		want                  int
		sub                   pades.SubIndication
	}{
		{"a signer", false, false, 2, pades.TryLater}, {"a TSA", true, false, 2, pades.TryLater},
		{"a signer that was revoked", false, true, 1, pades.RevokedNoPOE},
		{"a TSA that was revoked", true, true, 1, pades.RevokedNoPOE},
	} {
		online := &questions{}
		v := f.validator(pades.Trust{Anchors: f.root.Chain, Online: online}, false)
		if test.revoked {
			der, err := ocsp.CreateResponse(issuer, issuer, ocsp.Response{Status: ocsp.Revoked, RevokedAt: f.now,
				SerialNumber: signer.SerialNumber, ThisUpdate: f.now}, f.issuer.Key)
			if err != nil {
				t.Fatal(err)
			}
			v.store.addResponse(der, Span{})
		}
		judged, err := v.judgePath(t.Context(), Question{Signer: signer, At: f.now, Fresh: f.now,
			Timestamping: test.timestamping}, []*x509.Certificate{signer, issuer, f.root.Chain[0]})
		if err != nil || subOf(judged.Err) != test.sub || online.asked != test.want {
			t.Errorf("%s: got %v, %v after %d questions, want %s after %d", test.name, judged.Err, err, online.asked,
				test.sub, test.want)
		}
	}
}

// A path is documented and archived only if the evidence about each certificate is.
func TestPathsThatAreArchived(t *testing.T) {
	t.Parallel()
	now := time.Now()
	of := func(name string, server []string) *x509.Certificate {
		return &x509.Certificate{Raw: []byte(name), SerialNumber: big.NewInt(1), OCSPServer: server,
			NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
			PublicKey: &ecdsa.PublicKey{Curve: elliptic.P256()}}
	}
	ask := []string{"http://ocsp.example.org"}
	root := of("root", nil)
	for _, test := range []struct {
		signer, issuer *x509.Certificate
		want           bool
	}{
		{of("a", nil), of("b", nil), true}, {of("a", ask), of("b", nil), false}, {of("a", nil), of("b", ask), false},
	} {
		v := NewValidator(pades.Trust{Time: now, Anchors: []*x509.Certificate{root}}, false, nil)
		v.store = newStore(v.anchors)
		judged, err := v.judgePath(t.Context(), Question{Signer: test.signer, At: now, Fresh: now},
			[]*x509.Certificate{test.signer, test.issuer, root})
		if err != nil || judged.Documented != test.want || judged.Archived != test.want {
			t.Errorf("%v, %v: got documented %v, archived %v, %v, want %v", test.signer.OCSPServer,
				test.issuer.OCSPServer, judged.Documented, judged.Archived, err, test.want)
		}
	}
}

// The key of each authority must have been long enough, also that of the signer's own issuer.
func TestShortKeyOfTheIssuer(t *testing.T) {
	t.Parallel()
	now := time.Now()
	of := func(name string, key any) *x509.Certificate {
		return &x509.Certificate{Raw: []byte(name), SerialNumber: big.NewInt(1), PublicKey: key,
			NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	}
	long := &ecdsa.PublicKey{Curve: elliptic.P256()}
	short := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}
	root := of("root", long)
	for _, path := range [][]*x509.Certificate{
		{of("a", short), of("b", long), root}, // the signer's own key is judged elsewhere
		{of("a", long), of("b", short), root}, {of("a", long), of("b", long), of("c", short), root},
	} {
		want := pades.CryptoConstraintsNoPOE
		if path[0].PublicKey == any(short) {
			want = ""
		}
		v := NewValidator(pades.Trust{Time: now, Anchors: []*x509.Certificate{root}}, false, nil)
		v.store = newStore(v.anchors)
		judged, err := v.judgePath(t.Context(), Question{Signer: path[0], At: now, Fresh: now}, path)
		if err != nil || subOf(judged.Err) != want {
			t.Errorf("%d certificates: got %+v, %v, want %q", len(path), judged, err, want)
		}
	}
}

// A delegated responder does not vouch for a responder, not even for itself.
func TestWhoVouchesForResponders(t *testing.T) {
	t.Parallel()
	now := time.Now()
	of := func(name string) *x509.Certificate {
		return &x509.Certificate{Raw: []byte(name), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	}
	issuer, responder := of("issuer"), of("responder")
	for _, test := range []struct {
		signer  *x509.Certificate
		noCheck bool
		want    bool
	}{{issuer, false, true}, {responder, true, true}, {responder, false, false}} {
		v := NewValidator(pades.Trust{Time: now}, false, nil)
		evidence := &revocation.Evidence{Status: revocation.Good, ThisUpdate: now, Signer: test.signer,
			NoCheck: test.noCheck}
		credible, late, err := v.credible(t.Context(), Question{Signer: responder, At: now, responder: true},
			locatedEvidence{evidence, nil}, responder, issuer)
		if credible != test.want || late || err != nil {
			t.Errorf("by %s, no check %v: got %v, late %v, %v", test.signer.Raw, test.noCheck, credible, late, err)
		}
	}
}

// Evidence may also name what the certificate itself does not: a responder that does not know it.
func TestCertificatesThatNameNobody(t *testing.T) {
	t.Parallel()
	now := said(revocation.Good, 0).ThisUpdate
	v := NewValidator(pades.Trust{Time: now}, false, nil)
	point := &x509.Certificate{Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 31}}}}
	for _, test := range []struct {
		name   string
		c      *x509.Certificate
		usable []locatedEvidence
		want   pades.SubIndication
	}{
		{"nothing", &x509.Certificate{}, nil, ""},
		{"too old", &x509.Certificate{}, []locatedEvidence{said(revocation.Good, 100)}, ""},
		{"unknown", &x509.Certificate{}, []locatedEvidence{said(revocation.Unknown, 1)}, pades.TryLater},
		{"a point", point, nil, pades.TryLater},
		{"revoked afterwards, in old evidence", point, []locatedEvidence{revokedAt(100, 2, 1)}, ""},
	} {
		q := Question{Signer: test.c, At: now.Add(-10 * time.Hour), Fresh: now.Add(-10 * time.Hour)}
		if found := v.weigh(q, test.c, test.usable, q.Fresh); subOf(found.err) != test.want {
			t.Errorf("%s: got %v, want %q", test.name, found.err, test.want)
		}
	}
}

// A revocation after the signature does not change what else the evidence proves. Evidence in the
// document is archived only if an archive timestamp covers it.
func TestRevokedAfterwardsInTheDocument(t *testing.T) {
	t.Parallel()
	now := said(revocation.Good, 0).ThisUpdate
	v := NewValidator(pades.Trust{Time: now}, false, nil)
	v.Prove(Span{0, 0}, 100, now.Add(-time.Hour))
	c := &x509.Certificate{}
	q := Question{Signer: c, At: now.Add(-10 * time.Hour), Fresh: now.Add(-10 * time.Hour)}
	for place, archived := range map[Span]bool{{10, 20}: true, {200, 300}: false} {
		revoked := revokedAt(1, 2, 1)
		revoked.places = []Span{place}
		if found := v.weigh(q, c, []locatedEvidence{revoked}, q.Fresh); found.err != nil || !found.documented ||
			found.archived != archived {
			t.Errorf("at %v: got %v, documented %v, archived %v", place, found.err, found.documented, found.archived)
		}
	}
}

// The work for keys may reach its bound, and not exceed it.
func TestChargesUpToTheBound(t *testing.T) {
	t.Parallel()
	v := NewValidator(pades.Trust{}, false, nil)
	signer := &x509.Certificate{PublicKey: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537}}
	v.cost.effort = MaxEffort - Effort(signer)
	if !v.Charge(signer) || v.Charge(signer) {
		t.Errorf("got %d units charged, want %d and then no more", v.cost.effort, MaxEffort)
	}
}

// A CRL that is there twice is kept once, with both places, of which it has a bounded number.
func TestListsThatAreThereTwice(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: f.now,
		NextUpdate: f.now.Add(time.Hour)}, f.root.Chain[0], f.root.Key)
	if err != nil {
		t.Fatal(err)
	}
	s := newStore(anchors{})
	for i := range maxPlaces + 1 {
		s.addList(der, Span{int64(i), int64(i + 1)})
	}
	if got := s.EvidenceAbout(f.byRoot, f.root.Chain[0]); len(s.lists) != 1 || len(got) != 1 ||
		len(got[0].places) != maxPlaces {
		t.Errorf("got %d lists and %+v, want one in %d places", len(s.lists), got, maxPlaces)
	}
}

// A chain that was proved with an anchor is none where the same certificate is only an authority.
func TestProvenPathsOfOtherAnchors(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	proven := &algorithm.Proven{}
	trusting := f.validator(pades.Trust{Anchors: f.issuer.Chain[:1], Proven: proven}, false)
	if paths, err := trusting.build(f.byBelow, trusting.store); err != nil || len(paths) != 1 {
		t.Fatalf("got %d paths, %v, want one to the anchor", len(paths), err)
	}
	v := f.validator(pades.Trust{Proven: proven}, false, f.issuer.Chain[0])
	if paths, err := v.build(f.byBelow, v.store); err == nil {
		t.Errorf("got %d paths without an anchor, want none", len(paths))
	}
}

// An anchor may sign, too. Its dates count then, although no validation data is loaded.
func TestAnchorsThatSign(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	for at, want := range map[time.Time]pades.SubIndication{
		f.now: "", f.byRoot.NotAfter: "", f.byRoot.NotAfter.Add(time.Second): pades.OutOfBoundsNoPOE,
		f.byRoot.NotBefore: "", f.byRoot.NotBefore.Add(-time.Second): pades.NotYetValid,
	} {
		v := NewValidator(pades.Trust{Anchors: []*x509.Certificate{f.byRoot}, Time: at}, false, nil)
		judged, err := v.Validate(t.Context(), Question{Signer: f.byRoot, At: at, Fresh: at})
		if err != nil || subOf(judged.Err) != want {
			t.Errorf("at %v: got %+v, %v, want %q", at, judged, err, want)
		}
	}
}

// Without an anchor, nobody is asked for issuers.
func TestNobodyIsAskedWithoutAnchors(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	for _, anchors := range [][]*x509.Certificate{nil, f.root.Chain} {
		online := &questions{}
		v := f.validator(pades.Trust{Anchors: anchors, Online: online}, false)
		judged, err := v.Validate(t.Context(), Question{Signer: f.byBelow, At: f.now, Fresh: f.now})
		if err != nil || subOf(judged.Err) != pades.NoCertificateChain || online.asked != len(anchors) {
			t.Errorf("%d anchors: got %v, %v after %d questions", len(anchors), judged.Err, err, online.asked)
		}
	}
}

// Evidence counts if it was made while its signer's certificate was valid, and it was made no
// earlier than its responder says.
func TestWhenEvidenceWasMade(t *testing.T) {
	t.Parallel()
	now := time.Now()
	of := func(name string, until time.Duration) *x509.Certificate {
		return &x509.Certificate{Raw: []byte(name), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(until)}
	}
	issuer, tsa, responder := of("issuer", time.Hour), of("tsa", time.Hour), of("responder", -30*time.Minute)
	tsa.NotBefore = now.Add(-2 * time.Hour)
	for _, test := range []struct {
		this, produced time.Duration
		want           bool
	}{
		{-40 * time.Minute, 0, true}, {-40 * time.Minute, -30 * time.Minute, true},
		{-40 * time.Minute, -29 * time.Minute, false}, {-29 * time.Minute, 0, false},
		{-time.Hour, 0, true}, {-61 * time.Minute, 0, false},
	} {
		v := NewValidator(pades.Trust{Time: now}, false, nil)
		evidence := &revocation.Evidence{Status: revocation.Good, ThisUpdate: now.Add(test.this), Signer: responder,
			NoCheck: true}
		if test.produced != 0 {
			evidence.ProducedAt = now.Add(test.produced)
		}
		credible, late, err := v.credible(t.Context(), Question{Signer: tsa, At: now, Timestamping: true},
			locatedEvidence{evidence, nil}, tsa, issuer)
		if credible != test.want || late || err != nil {
			t.Errorf("%v, produced %v: got %v, late %v, %v", test.this, test.produced, credible, late, err)
		}
	}
}

// Of an expired certificate it is said that it was not revoked only if fresh evidence proves it.
func TestExpiredAndNotRevoked(t *testing.T) {
	t.Parallel()
	now := time.Now()
	q := Question{Signer: &x509.Certificate{NotBefore: now.Add(-2 * time.Hour), NotAfter: now.Add(-time.Hour)}, At: now}
	for _, test := range []struct {
		status *pades.Revocation
		want   pades.SubIndication
	}{
		{nil, pades.OutOfBoundsNoPOE}, {&pades.Revocation{Status: "good", Fresh: true}, pades.OutOfBoundsNotRevoked},
		{&pades.Revocation{Status: "good"}, pades.OutOfBoundsNoPOE},
		{&pades.Revocation{Status: "unknown", Fresh: true}, pades.OutOfBoundsNoPOE},
	} {
		if err := q.dates(test.status); subOf(err) != test.want {
			t.Errorf("%+v: got %v, want %s", test.status, err, test.want)
		}
	}
}

// A certificate before version 3 cannot state whether it may issue others.
func TestWhoMayIssue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		c    x509.Certificate
		want bool
	}{
		{x509.Certificate{Version: 1}, true}, {x509.Certificate{Version: 2}, true},
		{x509.Certificate{Version: 3}, false},
		{x509.Certificate{Version: 3, BasicConstraintsValid: true}, false},
		{x509.Certificate{Version: 3, BasicConstraintsValid: true, IsCA: true}, true},
		{x509.Certificate{Version: 3, BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCRLSign}, false},
	} {
		if got := mayIssue(&test.c); got != test.want {
			t.Errorf("version %d, authority %v, usage %b: got %v", test.c.Version, test.c.IsCA, test.c.KeyUsage, got)
		}
	}
}
