package chain

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/certificate"
)

// paths returns the chains from the signer to an anchor, and asks online for missing issuers.
func (v *Validator) paths(ctx context.Context, q Question) ([][]*x509.Certificate, error) {
	if v.anchors.has(q.Signer) {
		return [][]*x509.Certificate{{q.Signer}}, nil
	}
	key := sha256.Sum256(q.Signer.Raw)
	if known, ok := v.built[key]; ok {
		return known.paths, known.err
	}
	paths, err := v.find(ctx, q.Signer)
	if _, ok := errors.AsType[*pades.VerdictError](err); ok || err == nil {
		v.built[key] = built{paths, err}
	}
	return paths, err
}

// built is the result of the search for a signer's chains.
type built struct {
	paths [][]*x509.Certificate
	err   error // a *pades.VerdictError
}

func (v *Validator) find(ctx context.Context, signer *x509.Certificate) ([][]*x509.Certificate, error) {
	if v.cost.signers++; v.cost.signers > maxSigners {
		return nil, pades.LimitedBy(fmt.Sprintf("the document has more than %d different signers", maxSigners))
	}
	store, err := v.Evidence(ctx)
	if err != nil {
		return nil, err
	}
	for round := 0; ; round++ {
		paths, err := v.build(signer, store)
		if err == nil {
			return permitted(paths)
		}
		if _, ok := errors.AsType[*pades.VerdictError](err); ok {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
		switch {
		case !unknown || v.trust.Online == nil || len(v.trust.Anchors) == 0:
			return nil, v.pathFailure(err, signer)
		case round == maxRounds:
			return nil, pades.LimitedBy(
				fmt.Sprintf("more than %d issuers of the signer's certificate are missing", maxRounds))
		case v.cost.sought == maxSought:
			return nil, pades.LimitedBy(fmt.Sprintf("issuers have been requested %d times already", maxSought))
		}
		v.cost.sought++
		// an issuer that cannot be fetched stays missing
		found, failed := v.trust.Online.Issuers(ctx, v.partial(signer))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		store.leaveOutUnasked(failed)
		before := len(store.Certificates)
		for _, c := range found {
			store.addCertificate(c, Span{})
		}
		if len(store.Certificates) == before {
			return nil, v.pathFailure(err, signer)
		}
	}
}

// permitted returns the chains that keep to the constraints of their authorities on length and
// names: RFC 5280, 6.1.3 (b) and (c), and 6.1.4 (l) and (m). crypto/x509 evaluates only some forms
// of names.
func permitted(paths [][]*x509.Certificate) (good [][]*x509.Certificate, err error) {
	for _, path := range paths {
		switch wrong := cmp.Or(certificate.CheckLength(path), certificate.CheckNames(path)); {
		case wrong == nil:
			good = append(good, path)
		case errors.Is(wrong, certificate.ErrNamesNotEvaluated):
			err = pades.LimitedBy("the certificate chain has " + wrong.Error())
		case err == nil:
			err = pades.Undecided(pades.ChainConstraintsFailure, "the certificate chain has "+wrong.Error())
		}
	}
	if len(good) > 0 {
		return good, nil
	}
	return nil, err
}

// gatherRoots makes, once, the set of certificates in which chains may end.
func (v *Validator) gatherRoots(store *Store) {
	if v.roots.pool != nil {
		return
	}
	v.roots = newTimeless()
	for _, anchor := range v.trust.Anchors {
		v.roots.add(anchor)
	}
	for _, c := range store.Certificates {
		if v.anchors.anyRoot && selfIssued(c) {
			v.roots.add(c)
		}
	}
}

// build looks for chains by RFC 5280, 6.1, without regard to dates. judgePath judges the dates of
// the signer and of its issuers. The dates of an anchor do not matter, because an anchor is trusted
// as it is.
func (v *Validator) build(signer *x509.Certificate, store *Store) ([][]*x509.Certificate, error) {
	v.gatherRoots(store)
	asked := search{anchors: v.roots, issuers: store.issuers}
	effort := asked.from(signer)
	if v.cost.effort += effort; v.cost.effort > MaxEffort || !ChargeEffort(v.budget, effort) {
		return nil, pades.LimitedBy(
			fmt.Sprintf("finding the chains of the document's signers takes more work than %d units", MaxEffort))
	}
	proven := asked.provenPaths(signer, v.trust.Proven, store.digest)
	if paths, ok := proven.recall(); ok {
		return paths, nil
	}
	paths, err := signer.Verify(x509.VerifyOptions{
		Roots: v.roots.pool, Intermediates: store.issuers.pool, CurrentTime: signer.NotBefore,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if asked.checks >= maxChecks && endedByLimit(err) {
		return nil, pades.LimitedBy(fmt.Sprintf("more than %d certificates could be the issuers in the signer's chain",
			maxChecks))
	}
	for _, path := range paths {
		for i, c := range path[1:] {
			path[i+1] = cmp.Or(v.roots.originals[c], store.issuers.originals[c])
		}
	}
	if err == nil {
		proven.keep(paths)
	}
	return paths, err
}

// endedByLimit reports whether crypto/x509 stopped at its own limit: only the error for that has
// none of these types.
func endedByLimit(err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, critical := errors.AsType[x509.UnhandledCriticalExtension](err)
	return err != nil && !unknown && !invalid && !critical
}

// partial follows the issuers from c upwards, and returns the certificate whose issuer is missing.
func (v *Validator) partial(c *x509.Certificate) *x509.Certificate {
	for range maxDepth {
		issuer := v.issuerOf(c)
		if issuer == nil {
			return c
		}
		c = issuer
	}
	return c
}

func (v *Validator) issuerOf(c *x509.Certificate) *x509.Certificate {
	for _, candidate := range v.store.Certificates {
		if !bytes.Equal(candidate.RawSubject, c.RawIssuer) || candidate.Equal(c) {
			continue
		}
		if v.cost.tries++; v.cost.tries > maxTries || !v.Charge(candidate) {
			return nil
		}
		if c.CheckSignatureFrom(candidate) == nil {
			return candidate
		}
	}
	return nil
}

// pathFailure returns why there is no chain.
func (v *Validator) pathFailure(err error, signer *x509.Certificate) *pades.VerdictError {
	if _, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return pades.Undecided(pades.ChainConstraintsFailure,
			"the certificate chain breaks a constraint of one of its certificates")
	}
	if _, ok := errors.AsType[x509.UnhandledCriticalExtension](err); ok {
		return pades.Undecided(pades.ChainConstraintsFailure,
			"the certificate has a critical extension that is not understood")
	}
	switch v.partial(signer).SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1:
		return pades.Undecided(pades.CryptoConstraintsNoPOE,
			"a certificate of the chain is signed with an algorithm that is too weak")
	}
	return pades.Undecided(pades.NoCertificateChain, "no chain leads from the signer's certificate to a trust anchor")
}
