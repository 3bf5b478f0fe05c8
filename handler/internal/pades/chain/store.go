package chain

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/revocation"
)

// Store is the validation data of a document: /DSS (ISO 32000-2, 12.8.4.3), whether or not a /VRI
// names it, and what signatures and timestamps embed. It also takes what is found online. Where a
// thing lies in the document tells by when it existed.
type Store struct {
	anchors      anchors
	Certificates []*x509.Certificate
	issuers      timeless            // those of them that may issue, but for the anchors
	responders   []*x509.Certificate // those of them that are for OCSP: a response may leave its signer's to /DSS
	responses    []*stored[*revocation.Response]
	lists        []*stored[*revocation.List]
	known        map[[sha256.Size]byte]*[]Span // places of what is held, by its digest
	bytes        int
	keys         int    // bytes of certificates and of OCSP responses
	limit        string // why validation data was left out; "" = all of it was looked at
	questions    int
	effort       int
	answers      map[statusKey][]answer
	digests      map[*x509.Certificate][sha256.Size]byte // of those that were asked about
	budget       *budget.Budget                          // nil = none
	memory       func(bytes int64) error                 // takes of it
	short        error                                   // the budget had not what a piece takes
	// places of what makes a document one with validation data: the pieces of /DSS, and embedded
	// revocation data
	documented map[Span]bool
}

// stored is a piece of evidence with the places in the document where it lies.
type stored[T any] struct {
	value  T
	places *[]Span
}

func newStore(anchors anchors) *Store {
	return &Store{
		anchors: anchors, issuers: newTimeless(), known: map[[sha256.Size]byte]*[]Span{},
		answers: map[statusKey][]answer{}, documented: map[Span]bool{},
		digests: map[*x509.Certificate][sha256.Size]byte{},
	}
}

// leaveOut takes down that validation data is left out, and why.
func (s *Store) leaveOut(format string, args ...any) {
	if s.limit == "" {
		s.limit = "not all validation data was looked at: " + fmt.Sprintf(format, args...)
	}
}

// leaveOutFor does that for an error of reading the document, if a limit is what it is about.
func (s *Store) leaveOutFor(err error) {
	if limit := pades.LimitOf(err); limit != nil {
		s.leaveOut("%s", limit.Detail)
	}
}

// accept says whether a piece is new, and within the bounds. A known one gets another place.
func (s *Store) accept(der []byte, place Span) (places *[]Span, isNew bool) {
	sum := sha256.Sum256(der)
	if places, known := s.known[sum]; known {
		if len(*places) < maxPlaces {
			*places = append(*places, place)
		}
		return places, false
	}
	if s.bytes+len(der) > maxHeldBytes {
		s.leaveOut("it has more than %d bytes", maxHeldBytes)
		return nil, false
	}
	if len(s.known) >= 3*maxHeld {
		s.leaveOut("it has more than %d pieces", 3*maxHeld)
		return nil, false
	}
	s.bytes += len(der)
	places = &[]Span{place}
	s.known[sum] = places
	return places, true
}

// take takes memory for a piece, and says whether there is so much.
func (s *Store) take(bytes int64) bool {
	if s.short == nil && s.memory != nil {
		s.short = s.memory(bytes)
	}
	return s.short == nil
}

// give gives back what was taken for a piece that is of no use.
func (s *Store) give(bytes int64) {
	if s.budget != nil {
		s.budget.Give(bytes)
	}
}

func (s *Store) addCertificate(c *x509.Certificate, place Span) {
	if _, isNew := s.accept(c.Raw, place); isNew && s.holds(c) {
		s.keys += len(c.Raw)
		s.Certificates = append(s.Certificates, c)
		// a path ends at an anchor: going on through it can only add what may be wrong
		if mayIssue(c) && !s.anchors.has(c) {
			s.issuers.add(c)
		}
		switch {
		case !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		case len(s.responders) == maxHeldOCSP:
			s.leaveOut("it has more than %d certificates of OCSP responders", maxHeldOCSP)
		default:
			s.responders = append(s.responders, c)
		}
	}
}

// holds says whether there is room for another certificate.
func (s *Store) holds(c *x509.Certificate) bool {
	key, isRSA := c.PublicKey.(*rsa.PublicKey)
	switch {
	case isRSA && key.N.BitLen() > maxIssuerKey:
		s.leaveOut("a certificate has a key of more than %d bits", maxIssuerKey)
	case len(s.Certificates) == maxHeld:
		s.leaveOut("it has more than %d certificates", maxHeld)
	case s.keys+len(c.Raw) > maxHeldKeys:
		s.leaveOut("its certificates and OCSP responses have more than %d bytes", maxHeldKeys)
	default:
		return true
	}
	return false
}

// addDER takes a certificate that is not parsed yet. Most of those in /DSS are embedded in
// signatures too: they get another place.
func (s *Store) addDER(der []byte, place Span) {
	if _, known := s.known[sha256.Sum256(der)]; known {
		s.accept(der, place)
		return
	}
	if len(der) > cms.MaxCertificate {
		s.leaveOut("a certificate has more than %d bytes", cms.MaxCertificate)
		return
	}
	if s.keys+len(der) > maxHeldKeys {
		s.leaveOut("its certificates and OCSP responses have more than %d bytes", maxHeldKeys)
		return
	}
	if !s.take(cms.ParsedSize(der)) {
		return
	}
	c, err := certificate.ParseSound(der)
	if err != nil {
		s.give(cms.ParsedSize(der))
		return
	}
	s.addCertificate(c, place)
}

func (s *Store) addResponse(der []byte, place Span) {
	_, known := s.known[sha256.Sum256(der)]
	switch {
	case known:
	case len(s.responses) == maxHeld:
		s.leaveOut("it has more than %d OCSP responses", maxHeld)
		return
	case len(der) > revocation.MaxResponse:
		s.leaveOut("an OCSP response has more than %d bytes", revocation.MaxResponse)
		return
	case s.keys+len(der) > maxHeldKeys:
		s.leaveOut("its certificates and OCSP responses have more than %d bytes", maxHeldKeys)
		return
	}
	places, isNew := s.accept(der, place)
	if !isNew || !s.take(cms.ParsedSize(der)) {
		return
	}
	s.keys += len(der)
	response, err := revocation.ParseResponse(der)
	if err != nil {
		s.give(cms.ParsedSize(der))
		return // no evidence
	}
	s.responses = append(s.responses, &stored[*revocation.Response]{response, places})
	for _, c := range response.Certificates {
		s.addCertificate(c, place)
	}
}

func (s *Store) addList(der []byte, place Span) {
	_, known := s.known[sha256.Sum256(der)]
	switch {
	case known:
	case len(s.lists) == maxHeldLists:
		s.leaveOut("it has more than %d CRLs", maxHeldLists)
		return
	case len(der) > revocation.MaxList:
		s.leaveOut("a CRL has more than %d bytes", revocation.MaxList)
		return
	}
	places, isNew := s.accept(der, place)
	if !isNew || !s.take(int64(len(der)/4)) { // its index
		return
	}
	if list, err := revocation.ParseList(der); err == nil {
		s.lists = append(s.lists, &stored[*revocation.List]{list, places})
	}
}

// AddCMS takes what a signature or a timestamp token embeds, which lies at a place of the document.
func (s *Store) AddCMS(signed *cms.SignedData, place Span) {
	for _, c := range signed.Certificates {
		s.addCertificate(c, place)
	}
	responses, lists := signed.Revocations()
	if len(responses)+len(lists) > 0 {
		s.documented[place] = true
	}
	for _, der := range responses {
		s.addResponse(der, place)
	}
	for _, der := range lists {
		s.addList(der, place)
	}
}

// locatedEvidence is evidence about one certificate.
type locatedEvidence struct {
	*revocation.Evidence
	places []Span // nil = from online
}

// answer is the same, whose places may yet become more.
type answer struct {
	evidence *revocation.Evidence
	places   *[]Span
}

// digest is the SHA-256 of a certificate: a chain is asked about many times.
func (s *Store) digest(c *x509.Certificate) [sha256.Size]byte {
	sum, known := s.digests[c]
	if !known {
		sum = sha256.Sum256(c.Raw)
		s.digests[c] = sum
	}
	return sum
}

func (s *Store) key(c, issuer *x509.Certificate) statusKey {
	return statusKey{s.digest(c), s.digest(issuer)}
}

// EvidenceAbout gives all evidence about a certificate whose signature holds. Every piece is
// verified once.
func (s *Store) EvidenceAbout(c, issuer *x509.Certificate) []locatedEvidence {
	key := s.key(c, issuer)
	answers, known := s.answers[key]
	if !known {
		answers = s.search(c, issuer)
		s.answers[key] = answers
	}
	found := make([]locatedEvidence, 0, len(answers)+1)
	for _, a := range answers {
		found = append(found, locatedEvidence{a.evidence, *a.places})
	}
	return found
}

// pieces gives the places of the validation data in the document that is about a chain: what else
// /DSS holds makes no level.
func (s *Store) pieces(path []*x509.Certificate) (found []Span) {
	take := func(places []Span) {
		for _, place := range places {
			if s.documented[place] {
				found = append(found, place)
			}
		}
	}
	for i, c := range path {
		if places := s.known[s.digest(c)]; places != nil {
			take(*places)
		}
		if i < len(path)-1 {
			for _, h := range s.EvidenceAbout(c, path[i+1]) {
				take(h.places)
			}
		}
	}
	return found
}

// exhausted says whether no more evidence may be checked.
func (s *Store) exhausted() bool {
	switch {
	case s.questions > maxQuestions:
		s.leaveOut("more than %d checks of revocation evidence are needed", maxQuestions)
	case s.effort > MaxEffort:
		s.leaveOut("checking the revocation evidence takes more work than %d units", MaxEffort)
	default:
		return false
	}
	return true
}

func (s *Store) search(c, issuer *x509.Certificate) (found []answer) {
	spent := s.effort
	defer func() { ChargeEffort(s.budget, s.effort-spent) }() // the next question finds out
	take := func(evidence *revocation.Evidence, err error, places *[]Span, candidates func() []*x509.Certificate) {
		if fault, ok := errors.AsType[*revocation.Error](err); !ok || fault.Kind != revocation.NotAbout {
			s.questions++
			s.effort += Effort(issuer)
			for _, responder := range candidates() {
				s.effort += Effort(issuer) + Effort(responder)
			}
		}
		if err == nil {
			found = append(found, answer{evidence, places})
		}
	}
	for _, h := range s.responses {
		if s.exhausted() {
			return found
		}
		evidence, err := h.value.About(c, issuer, s.responders...)
		take(evidence, err, h.places, func() []*x509.Certificate { return h.value.Candidates(s.responders) })
	}
	for _, h := range s.lists {
		if s.exhausted() {
			return found
		}
		evidence, err := h.value.About(c, issuer, s.Certificates...)
		take(evidence, err, h.places, func() []*x509.Certificate { return h.value.Candidates(s.Certificates) })
	}
	return found
}
