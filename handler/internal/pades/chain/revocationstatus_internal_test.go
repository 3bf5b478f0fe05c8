package chain

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/revocation"
)

// said returns evidence that was made that many hours before the verification.
func said(status revocation.Status, made int, places ...Span) locatedEvidence {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(-made) * time.Hour)
	return locatedEvidence{&revocation.Evidence{Status: status, ThisUpdate: at, NextUpdate: at.Add(48 * time.Hour)},
		places}
}

func revokedAt(made, revoked, reason int, places ...Span) locatedEvidence {
	e := said(revocation.Revoked, made, places...)
	e.Reason, e.RevokedAt = reason, e.ThisUpdate.Add(time.Duration(made-revoked)*time.Hour)
	return e
}

// The earliest final revocation counts, whichever evidence states it. A hold counts until there is
// newer evidence. The evidence that proves most is reported.
func TestWeighEvidence(t *testing.T) {
	t.Parallel()
	const good = revocation.Good
	now := said(good, 0).ThisUpdate
	v := NewValidator(pades.Trust{Time: now}, false, nil)
	v.Prove(Span{0, 0}, 100, now.Add(-time.Hour))
	covered, plain := Span{10, 20}, Span{200, 300}
	c := &x509.Certificate{OCSPServer: []string{"http://ocsp.example.org"}}
	once := func(at time.Duration) locatedEvidence { // without an end
		return locatedEvidence{&revocation.Evidence{Status: good, ThisUpdate: now.Add(at)}, nil}
	}
	for _, test := range []struct {
		name    string
		usable  []locatedEvidence
		want    pades.SubIndication // "" = it is good
		revoked bool
		proves  string // online, document or archive; "" = it does not matter
	}{
		{"good", []locatedEvidence{said(good, 1)}, "", false, "online"},
		{"nothing", nil, pades.TryLater, false, ""},
		{"good, and too old", []locatedEvidence{said(good, 100)}, pades.TryLater, false, ""},
		{"unknown", []locatedEvidence{said(revocation.Unknown, 1)}, pades.TryLater, false, ""},
		{"revoked before", []locatedEvidence{revokedAt(1, 20, 1), said(good, 2)}, pades.RevokedNoPOE, true, ""},
		{"revoked before, and good in newer evidence", []locatedEvidence{revokedAt(2, 20, 1), said(good, 1)},
			pades.RevokedNoPOE, true, ""},
		{"revoked afterwards", []locatedEvidence{revokedAt(1, 2, 1)}, "", false, ""},
		{"revoked before in older evidence, afterwards in newer",
			[]locatedEvidence{revokedAt(1, 2, 1), revokedAt(2, 20, 1)}, pades.RevokedNoPOE, true, ""},
		{"revoked before in newer evidence, afterwards in older",
			[]locatedEvidence{revokedAt(1, 20, 1), revokedAt(2, 3, 1)}, pades.RevokedNoPOE, true, ""},
		{"held", []locatedEvidence{revokedAt(1, 20, reasonHold), said(good, 2)}, pades.TryLater, false, ""},
		{"held, and good in newer evidence", []locatedEvidence{revokedAt(2, 20, reasonHold), said(good, 1)}, "", false,
			"online"},
		{"held, and unknown in newer evidence",
			[]locatedEvidence{revokedAt(2, 20, reasonHold), said(good, 3), said(revocation.Unknown, 1)}, pades.TryLater,
			false, ""},
		{"held and good at the same time", []locatedEvidence{said(good, 1), revokedAt(1, 20, reasonHold)},
			pades.TryLater, false, ""},
		{"held afterwards", []locatedEvidence{revokedAt(1, 2, reasonHold)}, "", false, "online"},
		{"held, and revoked afterwards", []locatedEvidence{revokedAt(1, 2, 1), revokedAt(3, 20, reasonHold)},
			pades.RevokedNoPOE, true, ""},
		{"held afterwards, and revoked", []locatedEvidence{revokedAt(1, 2, 1), revokedAt(3, 4, reasonHold)}, "",
			false, ""},
		{"held, good, and revoked afterwards",
			[]locatedEvidence{revokedAt(1, 2, 1), said(good, 3), revokedAt(4, 20, reasonHold)}, "", false, ""},
		{"good, held, and revoked afterwards",
			[]locatedEvidence{revokedAt(1, 2, 1), said(good, 15), revokedAt(4, 12, reasonHold)},
			pades.RevokedNoPOE, true, ""},
		{"held, unknown, and revoked afterwards", []locatedEvidence{revokedAt(1, 2, 1), said(revocation.Unknown, 3),
			revokedAt(4, 20, reasonHold)}, pades.RevokedNoPOE, true, ""},
		{"held from that moment on", []locatedEvidence{revokedAt(1, 10, reasonHold)}, pades.TryLater, false, ""},
		{"good until that moment", []locatedEvidence{said(good, 58)}, "", false, "online"},
		{"good once, at that moment", []locatedEvidence{once(-10 * time.Hour)}, "", false, "online"},
		{"good once, by a clock behind", []locatedEvidence{once(-10*time.Hour - ClockSkew)}, "", false, "online"},
		{"good once, before", []locatedEvidence{once(-10*time.Hour - ClockSkew - time.Second)}, pades.TryLater, false,
			""},
		{"online and in the document", []locatedEvidence{said(good, 1), said(good, 2, plain)}, "", false, "document"},
		{"in the document and online", []locatedEvidence{said(good, 1, plain), said(good, 2)}, "", false, "document"},
		{"in the document and archived", []locatedEvidence{said(good, 1, plain), said(good, 2, covered)}, "", false,
			"archive"},
		{"archived and in the document", []locatedEvidence{said(good, 1, covered), said(good, 2, plain)}, "", false,
			"archive"},
		{"held in the document, and good online in newer evidence",
			[]locatedEvidence{revokedAt(2, 20, reasonHold, plain), said(good, 1)}, "", false, "online"},
		{"archived, and too old", []locatedEvidence{said(good, 100, covered)}, pades.TryLater, false, "online"},
	} {
		q := Question{Signer: c, At: now.Add(-10 * time.Hour), Fresh: now.Add(-10 * time.Hour)}
		for range 2 {
			found := v.weigh(q, c, slices.Clone(test.usable), q.Fresh)
			verdict, _ := errors.AsType[*pades.VerdictError](found.err)
			if (verdict == nil) != (test.want == "") || verdict != nil && verdict.Sub != test.want ||
				found.revoked != test.revoked {
				t.Errorf("%s: got %v, revoked %v, want %q", test.name, found.err, found.revoked, test.want)
			}
			if (found.documented != (test.proves == "document" || test.proves == "archive") ||
				found.archived != (test.proves == "archive")) && test.proves != "" {
				t.Errorf("%s: got documented %v, archived %v, want %s", test.name, found.documented, found.archived,
					test.proves)
			}
			slices.Reverse(test.usable)
		}
	}
}

// A signature that is proved to be older than its signer's certificate has failed. Within the
// tolerated skew of the two clocks it is indeterminate.
func TestDatesOfSigners(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	signer := &x509.Certificate{NotBefore: from, NotAfter: from.Add(time.Hour)}
	for _, test := range []struct {
		at     time.Duration
		proved bool
		want   pades.Indication // "" = it is within its validity
	}{
		{-ClockSkew - time.Second, true, pades.TotalFailed}, {-ClockSkew, true, pades.Indeterminate},
		{-time.Second, true, pades.Indeterminate}, {0, true, ""}, {time.Hour, true, ""},
		{time.Hour + time.Second, true, pades.Indeterminate}, {-time.Hour, false, pades.Indeterminate},
	} {
		err := Question{Signer: signer, At: from.Add(test.at), Proved: test.proved}.dates(nil)
		if verdict, _ := errors.AsType[*pades.VerdictError](err); (verdict == nil) != (test.want == "") ||
			verdict != nil && verdict.Indication != test.want {
			t.Errorf("at %v, proved %v: got %v, want %q", test.at, test.proved, err, test.want)
		}
	}
}

// An issuer's certificate must also have been valid when the signature existed, and its key long
// enough.
func TestDatesOfIssuers(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	certificate := func(from, to time.Duration) *x509.Certificate {
		return &x509.Certificate{NotBefore: at.Add(from), NotAfter: at.Add(to), SerialNumber: big.NewInt(1),
			PublicKey: &ecdsa.PublicKey{Curve: elliptic.P256()},
			Raw:       []byte(from.String() + to.String())}
	}
	const day = 24 * time.Hour
	signer, root := certificate(-day, day), certificate(-3*day, 3*day)
	for _, test := range []struct {
		name   string
		issuer *x509.Certificate
		want   pades.SubIndication
	}{
		{"valid", certificate(-2*day, 2*day), ""},
		{"from that moment on", certificate(0, 2*day), ""},
		{"not yet", certificate(time.Second, 2*day), pades.OutOfBoundsNoPOE},
		{"until that moment", certificate(-2*day, 0), ""},
		{"no more", certificate(-2*day, -time.Second), pades.OutOfBoundsNoPOE},
	} {
		v := NewValidator(pades.Trust{Time: at, Anchors: []*x509.Certificate{root}}, false, nil)
		v.store = newStore(v.anchors)
		judged, err := v.judgePath(t.Context(), Question{Signer: signer, At: at, Fresh: at},
			[]*x509.Certificate{signer, test.issuer, root})
		if err != nil {
			t.Fatal(err)
		}
		verdict, _ := errors.AsType[*pades.VerdictError](judged.Err)
		if (verdict == nil) != (test.want == "") || verdict != nil && verdict.Sub != test.want {
			t.Errorf("%s: got %v, want %q", test.name, judged.Err, test.want)
		}
	}
	short := &x509.Certificate{PublicKey: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}}
	year := func(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		name   string
		issuer *x509.Certificate
		at     time.Time
		proved bool
		good   bool
	}{
		{"long enough", signer, year(2026), false, true},
		{"short, proved in time", short, year(2019), true, true},
		{"short, proved too late", short, year(2020), true, false},
		{"short, not proved", short, year(2019), false, false},
	} {
		if err := reliableIssuer(test.issuer, test.at, test.proved); (err == nil) != test.good {
			t.Errorf("%s: got %v, want it good: %v", test.name, err, test.good)
		}
	}
}

// The statements of certificates about themselves decide whom they serve and whether they can be
// revoked.
func TestWhatCertificatesSayOfThemselves(t *testing.T) {
	t.Parallel()
	with := func(id ...int) *x509.Certificate {
		return &x509.Certificate{Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier(id)}}}
	}
	authority := with(2, 5, 29, 56)
	authority.IsCA = true
	for name, test := range map[string]struct {
		certificate *x509.Certificate
		want        bool
	}{
		"short term": {with(0, 4, 0, 194121, 2, 1), true}, "no revocation available": {with(2, 5, 29, 56), true},
		"another extension": {with(2, 5, 29, 31), false}, "an authority": {authority, false},
	} {
		if got := NeverRevoked(test.certificate); got != test.want {
			t.Errorf("%s: got never revoked %v", name, got)
		}
	}
	other := asn1.ObjectIdentifier{1, 2, 3}
	for name, test := range map[string]struct {
		usages  []x509.ExtKeyUsage
		unknown []asn1.ObjectIdentifier
		want    bool
	}{
		"nothing said": {nil, nil, false}, "timestamps": {[]x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}, nil, true},
		"responses":             {[]x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}, nil, true},
		"timestamps and others": {[]x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageAny}, nil, false},
		"timestamps and what is not known": {[]x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
			[]asn1.ObjectIdentifier{other}, false},
		"what is not known": {nil, []asn1.ObjectIdentifier{other}, false},
	} {
		c := &x509.Certificate{ExtKeyUsage: test.usages, UnknownExtKeyUsage: test.unknown}
		if got := forServices(c); got != test.want {
			t.Errorf("%s: got for services alone %v", name, got)
		}
	}
}
