package hostiletest

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"

	"golang.org/x/crypto/ocsp"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// stored returns signed files whose validation data are expensive.
func stored(s *signer) (map[string][]byte, error) {
	base, err := s.sign(pdftest.Sample(0), pades.Options{})
	if err != nil {
		return nil, err
	}
	entries, err := s.validationData()
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, one := range append(entries, swellingData()...) {
		if all["store: "+one.name], err = update(base, one.store); err != nil {
			return nil, err
		}
	}
	all["store: one certificate many times"], err = update(base, func(f *pdf.File, u *pdf.Update) error {
		one := u.Add(pdf.NewStream(pdf.Dict{}, s.chain[0].Raw))
		same := make(pdf.Array, 140_000)
		for i := range same {
			same[i] = one
		}
		return setCatalog(f, u, pdf.Dict{"DSS": u.Add(pdf.Dict{"Certs": same})})
	})
	if err != nil {
		return nil, err
	}
	all["store: many entries"], err = update(base, func(f *pdf.File, u *pdf.Update) error {
		entries := pdf.Dict{}
		for i := range 18_000 {
			entries[pdf.Name(fmt.Sprintf("%040X", i))] = pdf.Dict{}
		}
		return setCatalog(f, u, pdf.Dict{"DSS": u.Add(pdf.Dict{"VRI": entries})})
	})
	return all, err
}

// dssEntry is an entry of the document security store with its streams.
type dssEntry struct {
	name    string // of the document
	kind    pdf.Name
	streams [][]byte
}

// store adds a document security store with this entry alone.
func (e *dssEntry) store(f *pdf.File, u *pdf.Update) error {
	var streams pdf.Array
	for _, data := range e.streams {
		streams = append(streams,
			u.Add(pdf.NewStream(pdf.Dict{"Filter": pdf.Name("FlateDecode")}, []byte(deflated(data)))))
	}
	return setCatalog(f, u, pdf.Dict{"DSS": u.Add(pdf.Dict{e.kind: streams})})
}

// validationData returns entries of real certificates, responses and lists.
func (s *signer) validationData() ([]dssEntry, error) {
	swollen, err := s.swollen(60<<10, 150)
	if err != nil {
		return nil, err
	}
	namesakes, err := s.namesakes(300)
	if err != nil {
		return nil, err
	}
	responses, err := s.responses(swollen)
	if err != nil {
		return nil, err
	}
	lists, err := s.lists(90, 1)
	if err != nil {
		return nil, err
	}
	long, err := s.lists(1, 60_000)
	return []dssEntry{
		{"certificates that swell", "Certs", raw(swollen)},
		{"namesakes of the issuer", "Certs", raw(namesakes)},
		{"responses that swell", "OCSPs", responses},
		{"a hundred lists", "CRLs", lists},
		{"a long list", "CRLs", long},
	}, err
}

// swellingData returns entries that are small until they are inflated or parsed.
func swellingData() []dssEntry {
	all := []dssEntry{{"elements of nothing", "OCSPs", [][]byte{wrapped(bytes.Repeat([]byte{0x30, 0}, 4<<20))}}}
	for _, kind := range []pdf.Name{"Certs", "OCSPs", "CRLs"} {
		bombs := make([][]byte, 8)
		for i := range bombs {
			bombs[i] = append([]byte{byte(i)}, bytes.Repeat([]byte{0x30, 0}, 5<<20)...)
		}
		all = append(all, dssEntry{"bombs in " + string(kind), kind, bombs})
	}
	return all
}

func raw(certificates []*x509.Certificate) (all [][]byte) {
	for _, c := range certificates {
		all = append(all, c.Raw)
	}
	return all
}

// wrapped returns a sequence with these contents.
func wrapped(contents []byte) []byte {
	n := len(contents)
	return append([]byte{0x30, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, contents...)
}

// responses returns OCSP responses of these responders.
func (s *signer) responses(responders []*x509.Certificate) (all [][]byte, err error) {
	for _, responder := range responders {
		der, err := ocsp.CreateResponse(responder, responder, ocsp.Response{
			SerialNumber: big.NewInt(1), ThisUpdate: s.now, Certificate: responder,
		}, s.key)
		if err != nil {
			return nil, err
		}
		all = append(all, der)
	}
	return all, nil
}

// lists returns revocation lists of the signer's authority, each with the given number of entries.
func (s *signer) lists(count, entries int) (all [][]byte, err error) {
	for i := range count {
		template := &x509.RevocationList{Number: big.NewInt(int64(i + 1)), ThisUpdate: s.now,
			NextUpdate: s.now.AddDate(0, 0, 7)}
		for j := range entries {
			template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
				x509.RevocationListEntry{SerialNumber: big.NewInt(int64(j*7919 + 1)), RevocationTime: s.now})
		}
		issuer := *s.authority.Root()
		issuer.SubjectKeyId = []byte{1} // lists must name their key
		der, err := x509.CreateRevocationList(rand.Reader, template, &issuer, s.authority.Key)
		if err != nil {
			return nil, err
		}
		all = append(all, der)
	}
	return all, nil
}
