package pades

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// Bounds of path building. crypto/x509 itself checks at most 100 signatures for one question.
const (
	maxSigners = 100  // different certificates for which chains are built
	maxPaths   = 4    // that are judged until one is valid
	maxDepth   = 8    // certificates below each other
	maxTries   = 1000 // certificates that are tried as the issuer of another, to tell which is missing
	maxRounds  = 4    // of asking online for missing issuers of one
	maxSought  = 16   // times that is done in all: whoever wrote the document chose the addresses
)

// question asks whether a certificate was fit to sign: ETSI EN 319 102-1, 5.2.6.
type question struct {
	signer       *x509.Certificate
	at           time.Time // when the signature existed at the latest: the time at which the chain must be valid
	proved       bool      // at is proved; else it is now
	fresh        time.Time // revocation evidence must have held at this time or be newer
	timestamping bool      // the signer is a TSA
	responder    bool      // it is an OCSP responder
}

// chain is the answer.
type chain struct {
	path       []*x509.Certificate
	links      []Link
	fault      error // a *failure; nil = valid at the time
	documented bool  // all revocation evidence that is needed is in the document
	archived   bool  // and is proved to have been there before now
}

// validateChain builds chains from the signer to an anchor and judges them until one is valid. Only failures to read the document and
// the context's end are errors.
func (e *examination) validateChain(ctx context.Context, q question) (*chain, error) {
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if q.signer.KeyUsage != 0 && q.signer.KeyUsage&signing == 0 {
		return &chain{fault: undecided(ChainConstraintsFailure, "the certificate's key usage does not allow signing")}, nil
	}
	if !q.timestamping && forServices(q.signer) {
		return &chain{fault: undecided(ChainConstraintsFailure, "the certificate is one for timestamps or OCSP responses alone")}, nil
	}
	paths, err := e.paths(ctx, q)
	if err != nil {
		if _, ok := errors.AsType[*failure](err); ok {
			return &chain{fault: err}, nil
		}
		return nil, err
	}
	var first *chain
	for _, path := range paths {
		judged, err := e.judgePath(ctx, q, path)
		if err != nil || judged.fault == nil {
			return judged, err
		}
		if first == nil {
			first = judged
		}
	}
	return first, nil
}

// forServices says whether a certificate is for nothing but the services that signatures rely on: RFC 5280, 4.2.1.12.
func forServices(c *x509.Certificate) bool {
	others := slices.ContainsFunc(c.ExtKeyUsage, func(usage x509.ExtKeyUsage) bool {
		return usage != x509.ExtKeyUsageTimeStamping && usage != x509.ExtKeyUsageOCSPSigning
	})
	return len(c.ExtKeyUsage) > 0 && !others && len(c.UnknownExtKeyUsage) == 0
}

// paths gives the chains from the signer to an anchor, asking online for issuers that are missing.
func (e *examination) paths(ctx context.Context, q question) ([][]*x509.Certificate, error) {
	if e.trust.isAnchor(q.signer) {
		return [][]*x509.Certificate{{q.signer}}, nil
	}
	key := sha256.Sum256(q.signer.Raw)
	if known, ok := e.built[key]; ok {
		return known.paths, known.fault
	}
	paths, err := e.find(ctx, q.signer)
	if _, ok := errors.AsType[*failure](err); ok || err == nil {
		e.built[key] = built{paths, err}
	}
	return paths, err
}

// built is the outcome of looking for the chains of a signer.
type built struct {
	paths [][]*x509.Certificate
	fault error // a *failure
}

func (e *examination) find(ctx context.Context, signer *x509.Certificate) ([][]*x509.Certificate, error) {
	if e.signers++; e.signers > maxSigners {
		return nil, undecided(NoCertificateChain, "the document has more different signers than are looked at")
	}
	store, err := e.evidence(ctx)
	if err != nil {
		return nil, err
	}
	for round := 0; ; round++ {
		paths, err := e.build(signer, store)
		if _, ok := errors.AsType[*failure](err); ok || err == nil {
			return paths, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
		if !unknown || e.trust.Online == nil || len(e.trust.Anchors) == 0 || round == maxRounds || e.sought == maxSought {
			return nil, e.pathFailure(err, signer)
		}
		e.sought++
		found, _ := e.trust.Online.Issuers(ctx, e.partial(signer)) // what cannot be had is missing
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		before := len(store.certificates)
		for _, c := range found {
			store.addCertificate(c, span{})
		}
		if len(store.certificates) == before {
			return nil, e.pathFailure(err, signer)
		}
	}
}

// build looks for chains by RFC 5280, 6.1, whatever the time: the dates of the signer and of its issuers are judged later, and those of
// anchors never, which are trusted for what they are.
func (e *examination) build(signer *x509.Certificate, store *store) ([][]*x509.Certificate, error) {
	if e.roots.pool == nil {
		e.roots = newTimeless()
		for _, anchor := range e.trust.Anchors {
			e.roots.add(anchor)
		}
		for _, c := range store.certificates {
			if e.trust.anyRoot && selfIssued(c) {
				e.roots.add(c)
			}
		}
	}
	asked := search{anchors: e.roots, issuers: store.issuers}
	if e.effort += asked.from(signer); e.effort > maxEffort {
		return nil, undecided(NoCertificateChain, "finding the chains of the document's signers takes more work than allowed")
	}
	paths, err := signer.Verify(x509.VerifyOptions{
		Roots: e.roots.pool, Intermediates: store.issuers.pool, CurrentTime: signer.NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	paths = paths[:min(len(paths), maxPaths)]
	for _, path := range paths {
		for i, c := range path[1:] {
			path[i+1] = cmp.Or(e.roots.originals[c], store.issuers.originals[c])
		}
	}
	return paths, err
}

// timeless is a pool of copies of certificates that are always valid.
type timeless struct {
	pool      *x509.CertPool
	originals map[*x509.Certificate]*x509.Certificate
	named     map[string][]*x509.Certificate // the originals, by subject
	dearest   int                            // effort of one check
}

func newTimeless() timeless {
	return timeless{x509.NewCertPool(), map[*x509.Certificate]*x509.Certificate{}, map[string][]*x509.Certificate{}, 0}
}

func (t *timeless) add(c *x509.Certificate) {
	t.named[string(c.RawSubject)] = append(t.named[string(c.RawSubject)], c)
	t.dearest = max(t.dearest, effort(c))
	always := *c
	always.NotBefore, always.NotAfter = time.Time{}, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	t.originals[&always] = c
	t.pool.AddCert(&always)
}

// partial gives the certificate furthest up from c for which an issuer is missing.
func (e *examination) partial(c *x509.Certificate) *x509.Certificate {
	for range maxDepth {
		issuer := e.issuerOf(c)
		if issuer == nil {
			return c
		}
		c = issuer
	}
	return c
}

func (e *examination) issuerOf(c *x509.Certificate) *x509.Certificate {
	for _, candidate := range e.store.certificates {
		if !bytes.Equal(candidate.RawSubject, c.RawIssuer) || candidate.Equal(c) {
			continue
		}
		if e.tries++; e.tries > maxTries || !e.bear(candidate) {
			return nil
		}
		if c.CheckSignatureFrom(candidate) == nil {
			return candidate
		}
	}
	return nil
}

// pathFailure puts into words why there is no chain.
func (e *examination) pathFailure(err error, signer *x509.Certificate) *failure {
	if _, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return undecided(ChainConstraintsFailure, "the certificate chain breaks a constraint of one of its certificates")
	}
	if _, ok := errors.AsType[x509.UnhandledCriticalExtension](err); ok {
		return undecided(ChainConstraintsFailure, "the certificate has a critical extension that is not understood")
	}
	switch e.partial(signer).SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
		return undecided(CryptoConstraintsNoPOE, "a certificate of the chain is signed with an algorithm that is too weak")
	}
	return undecided(NoCertificateChain, "no chain leads from the signer's certificate to a trust anchor")
}

// judgePath judges the revocation of every certificate below the anchor, and the dates of the signer.
func (e *examination) judgePath(ctx context.Context, q question, path []*x509.Certificate) (*chain, error) {
	judged := &chain{path: path, links: make([]Link, 0, len(path)), documented: true, archived: true}
	var open error // the least of the faults
	for i, c := range path {
		link := Link{Certificate: *e.show(c)}
		if i == len(path)-1 {
			link.Anchor = true
			judged.links = append(judged.links, link)
			break
		}
		found, err := e.standing(ctx, q, c, path[i+1])
		if err != nil {
			return nil, err
		}
		link.Revocation = found.told
		judged.links = append(judged.links, link)
		judged.documented = judged.documented && found.documented
		judged.archived = judged.archived && found.archived
		if judged.fault == nil && found.revoked {
			judged.fault = found.fault
		}
		if open == nil {
			open = found.fault
		}
		if open == nil && i > 0 {
			open = reliableIssuer(c, q.at, q.proved)
		}
		if i > 0 && (q.at.Before(c.NotBefore) || q.at.After(c.NotAfter)) {
			open = undecided(OutOfBoundsNoPOE, "an issuer's certificate was not valid when the signature is known to have been there")
		}
	}
	if judged.fault == nil {
		judged.fault = q.dates(judged.links[0].Revocation)
	}
	if judged.fault == nil {
		judged.fault = open
	}
	return judged, nil
}

// dates judges the validity of the signer's certificate: ETSI EN 319 102-1, 5.2.6.4 and 5.5.4, step 4.
func (q question) dates(told *Revocation) error {
	switch {
	case q.at.Before(q.signer.NotBefore) && q.proved:
		return failed(NotYetValid, "the signature is proved to be older than the certificate")
	case q.at.Before(q.signer.NotBefore):
		return undecided(NotYetValid, "the certificate is not valid yet")
	case !q.at.After(q.signer.NotAfter):
		return nil
	}
	detail := "the certificate has expired, and nothing proves that the signature was made before"
	if told != nil && told.Status == "good" && told.Fresh {
		return undecided(OutOfBoundsNotRevoked, detail)
	}
	return undecided(OutOfBoundsNoPOE, detail)
}
