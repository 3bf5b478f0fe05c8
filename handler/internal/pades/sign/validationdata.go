package sign

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/revocation"
)

// Bounds of the collected validation data.
const (
	maxChainCertificates = 64 // in the chains of one signature, with those of its timestamps and OCSP responders
	maxIssuerChecks      = 32 // candidates for the issuer of one certificate whose keys are tried

	maxGathered = 32 << 20 // bytes for all signatures of a document: three CRLs of the largest kind, and the rest
	// bytes of certificates that authorities give: crypto/x509 can take forty times as much memory
	// for one
	maxFetched = 4 << 20
)

// validationData is the data that proves the chains of one signature, each value once, as DER: ETSI
// EN 319 142-1, 5.4.2.
type validationData struct {
	key  pdf.Name              // of its entry in /VRI; "" = none
	all  map[pdf.Name][][]byte // by their arrays in /DSS
	seen map[[sha256.Size]byte]bool
}

func newValidationData(key pdf.Name) *validationData {
	return &validationData{key: key, all: map[pdf.Name][][]byte{}, seen: map[[sha256.Size]byte]bool{}}
}

// subject is a certificate whose chain is to be proved.
type subject struct {
	certificate *x509.Certificate
	// proof is a time by which the certificate is known to have signed. A later revocation does no
	// harm. Zero = now.
	proof time.Time
}

// collector gathers validation data. It asks about each certificate once.
type collector struct {
	services pades.Services
	now      time.Time
	known    []*x509.Certificate             // where the search for issuers begins
	stored   *chain.Store                    // validation data of the document; nil = it is not used
	asked    map[string]*revocation.Evidence // by certificate
	gathered map[[sha256.Size]byte]bool      // values that any signature has
	bytes    int                             // of them
	fetched  int                             // bytes of certificates that were not in the document
	issuers  map[string]*x509.Certificate    // that were found, by the certificate; nil = it signed itself
	effort   int                             // of maxEffort
	budget   *budget.Budget                  // that pays for it, too; nil = none
}

func newCollector(services pades.Services, now time.Time) *collector {
	c := &collector{services: services, now: now, gathered: map[[sha256.Size]byte]bool{},
		asked: map[string]*revocation.Evidence{}, issuers: map[string]*x509.Certificate{}}
	c.know(services.Known...)
	return c
}

func (c *collector) know(certificates ...*x509.Certificate) {
	c.known = append(c.known, certificates...)
}

// take adds a value to the data, and reports whether it is new there. maxGathered and the budget
// bound the memory of all values, because the document decides how many authorities are asked, and
// the authorities decide how long their answers are.
func (c *collector) take(ctx context.Context, data *validationData, kind pdf.Name, der []byte) (bool, error) {
	sum, before := sha256.Sum256(der), c.bytes
	if data.seen[sum] {
		return false, nil
	}
	if !c.gathered[sum] {
		c.gathered[sum] = true
		c.bytes += len(der)
	}
	if c.bytes > maxGathered {
		return false, &pades.ServiceError{Service: "CRL",
			Detail: fmt.Sprintf("the validation data has more than %d MiB", maxGathered>>20)}
	}
	if c.bytes > before {
		if err := pades.TakeMemory(ctx, 2*len(der)); err != nil { // here, and in the increment
			return false, err
		}
	}
	data.seen[sum] = true
	data.all[kind] = append(data.all[kind], der)
	return true, nil
}

// collect adds the validation data for the chain of a certificate, up to a self-signed certificate.
// A revoked certificate gives an *Error.
func (c *collector) collect(ctx context.Context, data *validationData, s subject) error {
	if err := serves(c.services, pades.LevelBLT); err != nil {
		return err
	}
	return c.follow(ctx, data, s, false)
}

// follow does the work of collect. exempt = the certificate of s needs no revocation evidence.
func (c *collector) follow(ctx context.Context, data *validationData, s subject, exempt bool) error {
	isNew, err := c.take(ctx, data, keyCerts, s.certificate.Raw)
	if err != nil || !isNew {
		return err
	}
	if len(data.all[keyCerts]) > maxChainCertificates {
		return &pades.Error{Code: pades.CodeTooComplex, Detail: "the chains of a signature have too many certificates"}
	}
	issuer, known := c.issuers[string(s.certificate.Raw)]
	if !known {
		if issuer, err = c.issuer(ctx, s.certificate); err != nil {
			return err
		}
		c.issuers[string(s.certificate.Raw)] = issuer
	}
	if issuer == nil {
		return nil
	}
	if !exempt && !chain.NeverRevoked(s.certificate) {
		if err := c.prove(ctx, data, s, issuer); err != nil {
			return err
		}
	}
	return c.follow(ctx, data, subject{issuer, s.proof}, false)
}

// prove adds revocation evidence about a certificate, and the validation data for the signer of
// that evidence.
func (c *collector) prove(ctx context.Context, data *validationData, s subject, issuer *x509.Certificate) error {
	evidence, err := c.evidence(ctx, s, issuer)
	if err != nil {
		return err
	}
	switch {
	case evidence.Status == revocation.Revoked && (s.proof.IsZero() || !evidence.RevokedAt.After(s.proof)):
		return &pades.Error{Code: pades.CodeCertificateRevoked,
			Detail: "the certificate of " + pades.CommonName(s.certificate) + " has been revoked"}
	case evidence.Status != revocation.Good && evidence.Status != revocation.Revoked:
		return unproved(evidence.Kind, s.certificate, "does not know the certificate")
	case !evidence.Remembers(s.certificate):
		return unproved(evidence.Kind, s.certificate, "covers only a time after the certificate has expired")
	}
	kind := keyOCSPs
	if evidence.Kind == revocation.KindCRL {
		kind = keyCRLs
	}
	if _, err := c.take(ctx, data, kind, evidence.Raw); err != nil {
		return err
	}
	if evidence.Signer == nil || evidence.Signer.Equal(issuer) {
		return nil
	}
	c.know(issuer)
	// An authority may also not specify how to check its responder: RFC 6960, 4.2.2.2.1.
	ocsp, crl, _ := revocation.Sources(evidence.Signer)
	return c.follow(ctx, data, subject{evidence.Signer, s.proof}, evidence.NoCheck || len(ocsp)+len(crl) == 0)
}

// evidence gives the evidence in the document if it suffices, and otherwise the authorities'
// current evidence.
func (c *collector) evidence(ctx context.Context, s subject, issuer *x509.Certificate) (*revocation.Evidence, error) {
	if evidence := c.asked[string(s.certificate.Raw)]; evidence != nil {
		return evidence, nil
	}
	proof := s.proof
	if proof.IsZero() {
		proof = c.now
	}
	if evidence := c.storedEvidence(s.certificate, issuer, proof); evidence != nil {
		return evidence, nil
	}
	evidence, err := c.services.Revocation.Revocation(ctx, s.certificate, issuer)
	if err != nil {
		return nil, err
	}
	c.asked[string(s.certificate.Raw)] = evidence
	if evidence.Signer == nil || evidence.Signer == issuer {
		return evidence, nil
	}
	return evidence, c.chargeFetched(evidence.Signer)
}

// chargeFetched counts the bytes of certificates that came from authorities. The author of the
// document may have chosen these authorities.
func (c *collector) chargeFetched(certificates ...*x509.Certificate) error {
	for _, one := range certificates {
		c.fetched += len(one.Raw)
	}
	if c.fetched > maxFetched {
		return &pades.ServiceError{Service: "CA issuers",
			Detail: fmt.Sprintf("the authorities of the document gave more than %d MiB of certificates",
				maxFetched>>20)}
	}
	return nil
}

// storedEvidence gives evidence from the document that was current at a time, or is newer; nil =
// there is none. A revocation takes precedence over other evidence.
func (c *collector) storedEvidence(certificate, issuer *x509.Certificate, at time.Time) *revocation.Evidence {
	if c.stored == nil {
		return nil
	}
	var best *revocation.Evidence
	for _, h := range c.stored.EvidenceAbout(certificate, issuer) {
		switch {
		case h.Status == revocation.Unknown, !h.Remembers(certificate):
		case h.ThisUpdate.Before(at) && !h.NextUpdate.After(at):
		case best == nil, h.Status == revocation.Revoked,
			best.Status != revocation.Revoked && h.ThisUpdate.After(best.ThisUpdate):
			best = h.Evidence
		}
	}
	return best
}

// issuer finds the issuer's certificate among the known ones, or at the addresses that the
// certificate names; nil for a self-signed certificate.
func (c *collector) issuer(ctx context.Context, certificate *x509.Certificate) (*x509.Certificate, error) {
	ends, err := c.selfSigned(certificate)
	if err != nil || ends {
		return nil, err
	}
	if found, err := c.issuerAmong(c.known, certificate); found != nil || err != nil {
		return found, err
	}
	candidates, err := c.services.Revocation.Issuers(ctx, certificate)
	if err != nil {
		return nil, err
	}
	found, err := c.issuerAmong(candidates, certificate)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, &pades.ServiceError{Service: "CA issuers", Subject: pades.CommonName(certificate),
			Detail: "the issuer's certificate cannot be found"}
	}
	c.know(candidates...)
	return found, c.chargeFetched(candidates...)
}

func (c *collector) issuerAmong(candidates []*x509.Certificate,
	certificate *x509.Certificate) (*x509.Certificate, error) {
	checks := 0
	for _, candidate := range candidates {
		if string(candidate.RawSubject) != string(certificate.RawIssuer) || candidate.Equal(certificate) {
			continue
		}
		if checks++; checks > maxIssuerChecks {
			return nil, nil
		}
		if err := c.charge(candidate); err != nil {
			return nil, err
		}
		if certificate.CheckSignatureFrom(candidate) == nil {
			return candidate, nil
		}
	}
	return nil, nil
}

// selfSigned reports whether a chain ends with a certificate. It accepts roots that are signed with
// SHA-1: some are still in use, and nobody relies on that signature.
func (c *collector) selfSigned(one *x509.Certificate) (bool, error) {
	if string(one.RawSubject) != string(one.RawIssuer) {
		return false, nil
	}
	if err := c.charge(one); err != nil {
		return false, err
	}
	err := one.CheckSignature(one.SignatureAlgorithm, one.RawTBSCertificate, one.Signature)
	if _, weak := errors.AsType[x509.InsecureAlgorithmError](err); weak {
		return len(one.AuthorityKeyId) == 0 || string(one.AuthorityKeyId) == string(one.SubjectKeyId), nil
	}
	return err == nil, nil
}

// charge counts the check of a signature on a certificate.
func (c *collector) charge(signer *x509.Certificate) error {
	effort := chain.Effort(signer)
	if c.effort += effort; c.effort > chain.MaxEffort || !chain.ChargeEffort(c.budget, effort) {
		return &pades.Error{Code: pades.CodeTooComplex,
			Detail: "checking the chains of the signatures takes more work than allowed"}
	}
	return nil
}

// unproved is the error for a service whose answer proves nothing.
func unproved(kind revocation.Kind, certificate *x509.Certificate, detail string) error {
	service := "OCSP responder"
	if kind == revocation.KindCRL {
		service = "CRL"
	}
	return &pades.ServiceError{Service: service, Subject: pades.CommonName(certificate), Detail: detail}
}
