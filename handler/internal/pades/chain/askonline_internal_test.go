package chain

import (
	"context"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/revocation"
)

// Evidence in the document that was made before the time in question does not end the search, even
// if its nextUpdate is still to come: a revoked signer can keep an old answer and attach it.
// Without a newer answer it counts.
func TestOutdatedEvidenceIsCompletedOnline(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	ask := []string{"http://ocsp.example.org"}
	const at = -time.Hour // when the signature existed
	revoked := func(since time.Duration) *revocation.Evidence {
		return &revocation.Evidence{Status: revocation.Revoked, ThisUpdate: f.now, RevokedAt: f.now.Add(since)}
	}
	good := &revocation.Evidence{Status: revocation.Good, ThisUpdate: f.now, NextUpdate: f.now.Add(time.Hour)}
	for _, test := range []struct {
		name   string
		server []string
		made   time.Duration // when the evidence in the document was made
		online *revocation.Evidence
		asked  int
		want   pades.SubIndication
	}{
		{"made afterwards", ask, at + time.Second, revoked(-2 * time.Hour), 0, ""},
		{"made by a clock behind", ask, at - ClockSkew + 2*time.Second, revoked(-2 * time.Hour), 0, ""},
		{"made before, and revoked since", ask, at - ClockSkew - 2*time.Second, revoked(at - time.Minute), 1,
			pades.RevokedNoPOE},
		{"made before, and good now", ask, 2 * at, good, 1, ""},
		{"made before, and revoked after the signature", ask, 2 * at, revoked(at + time.Minute), 1, ""},
		{"made before, and nobody answers", ask, 2 * at, nil, 1, ""},
		{"made before, and nobody is named", nil, 2 * at, revoked(2 * at), 0, ""},
	} {
		if test.online != nil {
			test.online.Signer = f.root.Chain[0]
		}
		online := &currently{evidence: test.online}
		v := f.validator(pades.Trust{Anchors: f.root.Chain, Online: online}, false)
		v.store.addResponse(f.answer(t, ocsp.Good, test.made), Span{})
		q := f.signedBefore(at, test.server)
		found, err := v.revocationStatus(t.Context(), q, q.Signer, f.root.Chain[0])
		if err != nil || subOf(found.err) != test.want || online.asked != test.asked {
			t.Errorf("%s: got %v, %v after %d questions, want %q after %d", test.name, found.err, err, online.asked,
				test.want, test.asked)
		}
		if found.err == nil && found.reported.RevokedAt.IsZero() && !found.documented {
			t.Errorf("%s: good evidence in the document is not what is reported", test.name)
		}
	}
}

// answer is an OCSP response of the root about its certificate, from a time relative to now.
func (f family) answer(t *testing.T, status int, made time.Duration) []byte {
	t.Helper()
	template := ocsp.Response{Status: status, SerialNumber: f.byRoot.SerialNumber, ThisUpdate: f.now.Add(made),
		NextUpdate: f.now.Add(time.Hour)}
	der, err := ocsp.CreateResponse(f.root.Chain[0], f.root.Chain[0], template, f.root.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// signedBefore asks about the root's certificate, with the addresses of responders, at a time
// relative to now.
func (f family) signedBefore(at time.Duration, servers []string) Question {
	signer := *f.byRoot
	signer.NotBefore, signer.OCSPServer = f.now.Add(-24*time.Hour), servers
	return Question{Signer: &signer, At: f.now.Add(at), Proved: true, Fresh: f.now.Add(at)}
}

// An answer that a responder does not know the certificate does not say that it was good.
func TestUnknownStatusIsNoNewerEvidence(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	online := &currently{evidence: &revocation.Evidence{Status: revocation.Revoked, ThisUpdate: f.now,
		RevokedAt: f.now.Add(-90 * time.Minute), Signer: f.root.Chain[0]}}
	v := f.validator(pades.Trust{Anchors: f.root.Chain, Online: online}, false)
	v.store.addResponse(f.answer(t, ocsp.Good, -2*time.Hour), Span{})
	v.store.addResponse(f.answer(t, ocsp.Unknown, 0), Span{})
	q := f.signedBefore(-time.Hour, []string{"http://ocsp.example.org"})
	found, err := v.revocationStatus(t.Context(), q, q.Signer, f.root.Chain[0])
	if err != nil || subOf(found.err) != pades.RevokedNoPOE {
		t.Errorf("got %v, %v, want the revocation that is found online", found.err, err)
	}
}

// A revoked signer can add a signature whose issuer is to be had from an address that answers
// slowly, and so use up the time in which Influxion would learn of the revocation. Without such
// addresses, no answer is only the fault of a network.
func TestBoundsDoNotHideARevocation(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	for _, test := range []struct {
		why    error
		sought bool
		made   time.Duration
		want   pades.SubIndication
	}{
		{budget.ErrTime, true, -2 * time.Hour, pades.LimitReached},
		{budget.ErrQuestions, true, -2 * time.Hour, pades.LimitReached},
		{budget.ErrTime, false, -2 * time.Hour, ""},
		{budget.ErrQuestions, false, -2 * time.Hour, ""},
		{errors.New("no answer"), true, -2 * time.Hour, ""},
		{budget.ErrTime, true, 0, ""},
	} {
		v := f.validator(pades.Trust{Anchors: f.root.Chain, Online: unasked{test.why}}, false)
		v.store.addResponse(f.answer(t, ocsp.Good, test.made), Span{})
		q := f.signedBefore(-time.Hour, []string{"http://ocsp.example.org"})
		if test.sought {
			unknown := Question{Signer: f.byBelow, At: f.now, Fresh: f.now}
			if _, err := v.Validate(t.Context(), unknown); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			judged, err := v.Validate(t.Context(), q)
			if err != nil || subOf(judged.Err) != test.want {
				t.Errorf("%v, sought %v, made %v: got %v, %v, want %q", test.why, test.sought, test.made, judged.Err,
					err, test.want)
			}
		}
	}
}

// currently is an online service with one answer; nil = none.
type currently struct {
	questions
	evidence *revocation.Evidence
}

func (c *currently) Revocation(ctx context.Context, certificate, issuer *x509.Certificate) (*revocation.Evidence,
	error) {
	if c.evidence == nil {
		return c.questions.Revocation(ctx, certificate, issuer)
	}
	c.asked++
	return c.evidence, nil
}
