package chain

import (
	"context"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/revocation"
)

// Evidence counts by its time, the validity of the certificate that it is about, and that of its
// signer. A revocation counts also when the certificate has expired.
func TestEvidenceThatCounts(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	type setting struct {
		c, responder *x509.Certificate
		evidence     revocation.Evidence
		q            Question
		anchors      []*x509.Certificate
	}
	for _, test := range []struct {
		name     string
		change   func(s *setting)
		credible bool
		late     bool
	}{
		{"as it is", func(*setting) {}, true, false},
		{"from when the certificate begins", func(s *setting) { s.evidence.ThisUpdate = s.c.NotBefore }, true, false},
		{"from before", func(s *setting) { s.evidence.ThisUpdate = s.c.NotBefore.Add(-time.Second) }, false, false},
		{"by a clock ahead", func(s *setting) { s.evidence.ThisUpdate = now.Add(ClockSkew) }, true, false},
		{"from the future", func(s *setting) {
			s.evidence.ThisUpdate = now.Add(ClockSkew + time.Second)
		}, false, false},
		{"from the end of the certificate", func(s *setting) { s.c.NotAfter = s.evidence.ThisUpdate }, true, false},
		{"from after its end", func(s *setting) {
			s.c.NotAfter = s.evidence.ThisUpdate.Add(-time.Second)
		}, false, false},
		{"a revocation from after its end", func(s *setting) {
			s.c.NotAfter = s.evidence.ThisUpdate.Add(-time.Second)
			s.evidence.Status = revocation.Revoked
		}, true, false},
		{"unknown after its end", func(s *setting) {
			s.c.NotAfter = s.evidence.ThisUpdate.Add(-time.Second)
			s.evidence.Status = revocation.Unknown
		}, false, false},
		{"from after its end, which the responder remembers", func(s *setting) {
			s.c.NotAfter = s.evidence.ThisUpdate.Add(-time.Second)
			s.evidence.ArchiveCutoff = s.c.NotAfter
		}, true, false},
		{"from after its end, which the responder has forgotten", func(s *setting) {
			s.c.NotAfter = s.evidence.ThisUpdate.Add(-time.Second)
			s.evidence.ArchiveCutoff = s.c.NotAfter.Add(time.Second)
		}, false, false},
		{"until now by a responder", func(s *setting) { s.responder.NotAfter = now }, true, false},
		{"by a responder that has expired since", func(s *setting) {
			s.responder.NotAfter = now.Add(-time.Second)
		}, false, true},
		{"the same about a TSA", func(s *setting) {
			s.responder.NotAfter, s.q.Timestamping = now.Add(-time.Second), true
		}, true, false},
		{"the same about an issuer", func(s *setting) {
			s.responder.NotAfter, s.q.Signer = now.Add(-time.Second), &x509.Certificate{}
		}, true, false},
		{"by a responder that had expired", func(s *setting) {
			s.responder.NotAfter = s.evidence.ThisUpdate.Add(-time.Second)
		}, false, false},
		{"by an anchor that had expired", func(s *setting) {
			s.responder.NotAfter = s.evidence.ThisUpdate.Add(-time.Second)
			s.anchors = []*x509.Certificate{s.responder}
		}, true, false},
	} {
		of := func(name string) *x509.Certificate {
			return &x509.Certificate{Raw: []byte(name), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
		}
		s := setting{c: of("certificate"), responder: of("responder")}
		s.responder.NotBefore = now.Add(-2 * time.Hour)
		s.q = Question{Signer: s.c, At: now, Fresh: now}
		s.evidence = revocation.Evidence{Status: revocation.Good, ThisUpdate: now.Add(-30 * time.Minute),
			Signer: s.responder, NoCheck: true}
		test.change(&s)
		v := NewValidator(pades.Trust{Time: now, Anchors: s.anchors}, false, nil)
		credible, late, err := v.credible(t.Context(), s.q, locatedEvidence{&s.evidence, nil}, s.c, of("issuer"))
		if credible != test.credible || late != test.late || err != nil {
			t.Errorf("%s: got %v, late %v, %v, want %v, late %v", test.name, credible, late, err, test.credible,
				test.late)
		}
	}
}

// responses answers each question with the same evidence.
type responses struct{ evidence *revocation.Evidence }

func (r responses) Revocation(context.Context, *x509.Certificate, *x509.Certificate) (*revocation.Evidence, error) {
	return r.evidence, nil
}

func (r responses) Issuers(context.Context, *x509.Certificate) ([]*x509.Certificate, error) {
	return nil, nil
}

// Evidence that is found online is held against the same rules, and the reason against it is told.
// If the context ends, there is no answer.
func TestEvidenceOnlineThatDoesNotCount(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	signer := *f.byRoot
	signer.OCSPServer = []string{"http://ocsp.example.org"}
	responder := func(until time.Duration) *x509.Certificate {
		return &x509.Certificate{Raw: []byte("responder"), NotBefore: signer.NotBefore, NotAfter: f.now.Add(until)}
	}
	q := Question{Signer: &signer, At: f.now, Fresh: f.now}
	for _, test := range []struct {
		name     string
		evidence *revocation.Evidence
		want     pades.SubIndication
	}{
		{"current", &revocation.Evidence{Signer: responder(time.Hour), ThisUpdate: f.now}, ""},
		{"of another time", &revocation.Evidence{Signer: responder(time.Hour), ThisUpdate: f.now.Add(time.Hour)},
			pades.TryLater},
		{"by a responder that has expired since", &revocation.Evidence{Signer: responder(-time.Second),
			ThisUpdate: f.now.Add(-time.Minute)}, pades.RevocationOutOfBounds},
	} {
		test.evidence.Status, test.evidence.NoCheck = revocation.Good, true
		trust := pades.Trust{Anchors: f.root.Chain, Online: responses{test.evidence}}
		found, err := f.validator(trust, false).revocationStatus(t.Context(), q, &signer, f.root.Chain[0])
		if err != nil || subOf(found.err) != test.want || test.want == "" && found.reported.Source != "online" {
			t.Errorf("%s: got %v from %s, %v, want %q", test.name, found.err, found.reported.Source, err, test.want)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = f.validator(trust, false).revocationStatus(ended, q, &signer, f.root.Chain[0])
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v when the context has ended", test.name, err)
		}
	}
}

// unasked answers no question, for a reason.
type unasked struct{ why error }

func (u unasked) Revocation(context.Context, *x509.Certificate, *x509.Certificate) (*revocation.Evidence, error) {
	return nil, &pades.ServiceError{Service: "OCSP responder", Err: u.why}
}

func (u unasked) Issuers(context.Context, *x509.Certificate) ([]*x509.Certificate, error) {
	return nil, &pades.ServiceError{Service: "CA issuers", Err: u.why}
}

// The report names the bound of the questions if a service was not asked because of it. The author
// of the document can have used them up.
func TestQuestionsThatAreNotAsked(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	signer := *f.byRoot
	signer.OCSPServer = []string{"http://ocsp.example.org"}
	for _, test := range []struct {
		why     error
		signer  *x509.Certificate
		want    pades.SubIndication
		limited bool
	}{
		{budget.ErrQuestions, &signer, pades.LimitReached, true},
		{budget.ErrTime, &signer, pades.LimitReached, true},
		{errors.New("no answer"), &signer, pades.TryLater, false},
		{budget.ErrQuestions, f.byBelow, pades.LimitReached, true},
		{errors.New("no answer"), f.byBelow, pades.NoCertificateChain, false},
	} {
		v := f.validator(pades.Trust{Anchors: f.root.Chain, Online: unasked{test.why}}, false)
		judged, err := v.Validate(t.Context(), Question{Signer: test.signer, At: f.now, Fresh: f.now})
		if err != nil || subOf(judged.Err) != test.want || (v.Limit() != "") != test.limited {
			t.Errorf("%v: got %v, %v with limit %q, want %s", test.why, judged.Err, err, v.Limit(), test.want)
		}
		// Evidence about a TSA's authority is not demanded, and the limit is a remark. But requests
		// to addresses that the document chose can have used up the bound on purpose.
		sought := test.signer == f.byBelow
		tsa := Question{Signer: f.byBelow, At: f.now, Fresh: f.now, Timestamping: true}
		found, err := v.revocationStatus(t.Context(), tsa, &signer, f.root.Chain[0])
		if err != nil || (found.err != nil) != (sought && test.limited) || (v.Limit() != "") != test.limited {
			t.Errorf("%v: got %v, %v of a TSA's authority", test.why, found.err, err)
		}
	}
}
