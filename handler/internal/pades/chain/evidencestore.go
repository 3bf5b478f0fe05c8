package chain

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"slices"

	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/certificate"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/revocation"
)

// Store is the validation data of a document: that of /DSS (ISO 32000-2, 12.8.4.3), with or without
// a /VRI, and that embedded in signatures and timestamps. It also takes data found online. The
// place of each piece in the document tells when the piece existed.
type Store struct {
	anchors      anchors
	Certificates []*x509.Certificate
	issuers      timeless            // those of Certificates that may issue others, without the anchors
	responders   []*x509.Certificate // those of Certificates that are for OCSP: a response's signer may be only in /DSS
	responses    []*stored[*revocation.Response]
	lists        []*stored[*revocation.List]
	proven       *algorithm.Proven

	intake
	inquiries
	reservation
}

// stored is a piece of evidence with its places in the document.
type stored[T any] struct {
	value  T
	places *[]Span
}

func newStore(anchors anchors) *Store {
	return &Store{
		anchors: anchors, issuers: newTimeless(),
		intake: intake{known: map[[sha256.Size]byte]*[]Span{}, documented: map[Span]bool{}},
		inquiries: inquiries{
			answers: map[statusKey][]answer{}, digests: map[*x509.Certificate][sha256.Size]byte{},
		},
	}
}

func (s *Store) addCertificate(c *x509.Certificate, place Span) {
	if _, isNew := s.accept(c.Raw, place); isNew && s.hasCapacity(c) {
		s.keys += len(c.Raw)
		s.Certificates = append(s.Certificates, c)
		// a path ends at an anchor: continuing it could only add certificates that are not trusted
		if mayIssue(c) && !s.anchors.has(c) {
			s.issuers.add(c)
		}
		switch {
		case !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		case len(s.responders) == maxResponders:
			s.leaveOut("it has more than %d certificates of OCSP responders", maxResponders)
		default:
			s.responders = append(s.responders, c)
		}
	}
}

// hasCapacity reports whether the bounds allow another certificate.
func (s *Store) hasCapacity(c *x509.Certificate) bool {
	key, isRSA := c.PublicKey.(*rsa.PublicKey)
	switch {
	case isRSA && key.N.BitLen() > maxIssuerKey:
		s.leaveOut("a certificate has a key of more than %d bits", maxIssuerKey)
	case len(s.Certificates) == maxPieces:
		s.leaveOut("it has more than %d certificates", maxPieces)
	case s.keys+len(c.Raw) > maxKeyBytes:
		s.leaveOut("its certificates and OCSP responses have more than %d bytes", maxKeyBytes)
	default:
		return true
	}
	return false
}

// addDER adds a certificate that is not parsed yet. Most certificates in /DSS are embedded in
// signatures too; for such a certificate, addDER only records the additional place.
func (s *Store) addDER(der []byte, place Span) {
	if _, known := s.known[sha256.Sum256(der)]; known {
		s.accept(der, place)
		return
	}
	if len(der) > cms.MaxCertificate {
		s.leaveOut("a certificate has more than %d bytes", cms.MaxCertificate)
		return
	}
	if s.keys+len(der) > maxKeyBytes {
		s.leaveOut("its certificates and OCSP responses have more than %d bytes", maxKeyBytes)
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
	case len(s.responses) == maxPieces:
		s.leaveOut("it has more than %d OCSP responses", maxPieces)
		return
	case len(der) > revocation.MaxResponse:
		s.leaveOut("an OCSP response has more than %d bytes", revocation.MaxResponse)
		return
	case s.keys+len(der) > maxKeyBytes:
		s.leaveOut("its certificates and OCSP responses have more than %d bytes", maxKeyBytes)
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
		s.leaveOutBeyond(err)
		return // no evidence
	}
	response.Recall(s.proven)
	s.responses = append(s.responses, &stored[*revocation.Response]{response, places})
	for _, c := range response.Certificates {
		s.addCertificate(c, place)
	}
}

func (s *Store) addList(der []byte, place Span) {
	_, known := s.known[sha256.Sum256(der)]
	switch {
	case known:
	case len(s.lists) == maxLists:
		s.leaveOut("it has more than %d CRLs", maxLists)
		return
	case len(der) > revocation.MaxList:
		s.leaveOut("a CRL has more than %d bytes", revocation.MaxList)
		return
	}
	places, isNew := s.accept(der, place)
	if !isNew || !s.take(int64(len(der)/4)) { // its index
		return
	}
	list, err := revocation.ParseList(der)
	if err != nil {
		s.leaveOutBeyond(err)
		return
	}
	list.Recall(s.proven)
	s.lists = append(s.lists, &stored[*revocation.List]{list, places})
}

// AddCMS adds the certificates and evidence that a signature or a timestamp token at a place of the
// document embeds.
func (s *Store) AddCMS(signed *cms.SignedData, place Span) {
	for _, c := range signed.Certificates {
		s.addCertificate(c, place)
	}
	responses, lists, more := signed.Revocations()
	if more {
		s.leaveOut("a signature embeds more than %d pieces of it", cms.MaxRevocations)
	}
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
