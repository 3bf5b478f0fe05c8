package pades_test

import (
	"bytes"
	"compress/zlib"
	"crypto/x509"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pkitest"
)

func listRow(name string, change func(h household, seal signer, l *crl), want string) evidenceRow {
	return evidenceRow{name, func(h household, seal signer) []byte {
		l := h.list()
		change(h, seal, l)
		return l.bytes()
	}, want}
}

func listRows() []evidenceRow {
	now := time.Now()
	row := func(name string, change func(l *crl), want string) evidenceRow {
		return listRow(name, func(_ household, _ signer, l *crl) { change(l) }, want)
	}
	extended := func(name string, want string, all ...[]byte) evidenceRow {
		return row(name, func(l *crl) { l.extensions = append(l.extensions, all...) }, want)
	}
	entry := func(name string, want string, make func(c *x509.Certificate) [][]byte, more ...[]byte) evidenceRow {
		return listRow(name, func(_ household, seal signer, l *crl) {
			l.entries = make(seal.chain[0])
			l.extensions = append(l.extensions, more...)
		}, want)
	}
	since := func(extensions ...[]byte) func(c *x509.Certificate) [][]byte {
		return func(c *x509.Certificate) [][]byte { return [][]byte{listed(c, now.Add(-time.Minute), extensions...)} }
	}
	reason := func(n byte) []byte { return extensionOf(false, tlv(10, []byte{n}), 2, 5, 29, 21) }
	scope := func(parts ...[]byte) []byte { return extensionOf(true, tlv(0x30, parts...), 2, 5, 29, 28) }
	yes := []byte{0xff}
	delta := extensionOf(true, []byte{2, 1, 1}, 2, 5, 29, 27)
	elsewhere := tlv(0xa0, tlv(0xa0, tlv(0x86, []byte("http://localhost:1/other.crl"))))
	return []evidenceRow{
		row("as it is", func(*crl) {}, proves),
		row("version 1", func(l *crl) { l.version, l.extensions = nil, nil }, proves),
		row("version 1 with extensions", func(l *crl) { l.version = nil }, nothing),
		row("version 3", func(l *crl) { l.version = []byte{2, 1, 2} }, nothing),
		row("another algorithm inside", func(l *crl) { l.inner = withECDSA(3) }, nothing),
		row("signed by another scheme than it says", func(l *crl) {
			l.inner, l.algorithm = withECDSA(3), withECDSA(3)
		}, nothing),
		row("of another issuer", func(l *crl) { l.issuer = l.by.chain[1].RawSubject }, nothing),
		row("from tomorrow", func(l *crl) { l.this, l.next = genTime(now.Add(day)), genTime(now.Add(2*day)) }, nothing),
		row("from before the certificate", func(l *crl) { l.this = genTime(now.AddDate(-2, 0, 0)) }, nothing),
		row("stale", func(l *crl) {
			l.this, l.next = genTime(now.Add(-time.Minute)), genTime(now.Add(-30*time.Second))
		}, nothing),
		row("that ends before it begins", func(l *crl) { l.next = genTime(now.Add(-time.Hour)) }, nothing),
		row("without an end", func(l *crl) { l.next = nil }, proves),
		row("of no time", func(l *crl) { l.this = nil }, nothing),
		row("no entries, in a field", func(l *crl) { l.entries = [][]byte{} }, proves),
		entry("another certificate", proves, func(c *x509.Certificate) [][]byte {
			other := *c
			other.SerialNumber = newSerial(c)
			return [][]byte{listed(&other, now.Add(-time.Minute))}
		}),
		entry("revoked", revoked, since()),
		entry("revoked for a compromise", revoked, since(reason(1))),
		entry("on hold", nothing, since(reason(6))),
		entry("lifted", nothing, since(reason(8))),
		entry("revoked for no reason that is known", revoked, since(reason(7))),
		entry("revoked with an extension", revoked, since(extensionOf(false, null, 1, 2, 3))),
		entry("revoked with a critical extension", nothing, since(extensionOf(true, null, 1, 2, 3))),
		entry("revoked by another issuer", nothing, since(extensionOf(true, tlv(0x30), 2, 5, 29, 29))),
		entry("on hold, and revoked", revoked, func(c *x509.Certificate) [][]byte {
			return slices.Concat(since(reason(6))(c), since()(c))
		}),
		entry("revoked, and on hold", revoked, func(c *x509.Certificate) [][]byte {
			return slices.Concat(since()(c), since(reason(6))(c))
		}),
		entry("revoked later", proves, func(c *x509.Certificate) [][]byte {
			return [][]byte{listed(c, now.Add(time.Hour))}
		}),
		entry("revoked at no time", nothing, func(c *x509.Certificate) [][]byte {
			return [][]byte{tlv(0x30, integer(c.SerialNumber))}
		}),
		entry("an entry that is none", nothing, func(*x509.Certificate) [][]byte { return [][]byte{null} }),
		extended("with an extension", proves, extensionOf(false, null, 1, 2, 3)),
		extended("with a critical extension", nothing, extensionOf(true, null, 1, 2, 3)),
		extended("with an extension twice", nothing, extensionOf(false, null, 1, 2, 3),
			extensionOf(false, null, 1, 2, 3)),
		extended("another key of its issuer", proves, extensionOf(false, tlv(0x30, tlv(0x80, yes)), 2, 5, 29, 35)),
		extended("a delta", nothing, delta),
		entry("a delta that revokes", revoked, since(), delta),
		entry("a delta that lifts", nothing, since(reason(8)), delta),
		extended("for users", proves, scope(tlv(0x81, yes))),
		extended("for authorities", nothing, scope(tlv(0x82, yes))),
		extended("for attribute certificates", nothing, scope(tlv(0x85, yes))),
		extended("for some reasons", nothing, scope(tlv(0x83, []byte{6, 0x40}))),
		entry("for some reasons, and revoked", revoked, since(), scope(tlv(0x83, []byte{6, 0x40}))),
		extended("of another place", nothing, scope(elsewhere)),
		entry("of another place, and revoked", nothing, since(), scope(elsewhere)),
		extended("a scope that is none", nothing, scope(null)),
		extended("indirect, of its issuer", proves, scope(tlv(0x84, yes))),
		row("of another signature", func(l *crl) {
			l.value = func([]byte) []byte { return signedBy(l.by, []byte("another")) }
		}, nothing),
		listRow("signed by the seal", func(_ household, seal signer, l *crl) {
			l.value = func(data []byte) []byte { return signedBy(seal, data) }
		}, nothing),
		listRow("signed by the root", func(h household, _ signer, l *crl) {
			l.value = func(data []byte) []byte { return signedBy(signer{h.root.Chain, h.root.Key}, data) }
		}, nothing),
		row("and more", func(l *crl) { l.behind = null }, nothing),
		row("and more data", func(l *crl) { l.behindData = null }, nothing),
	}
}

// saidWith gives the expected result of a signature with a sound timestamp and evidence that proves
// as much as proved says.
func saidWith(proved string, level pades.Level) string {
	switch proved {
	case proves:
		proved = noBaseline + " " + string(level)
	case alters:
		proved = "INDETERMINATE SIG_CONSTRAINTS_FAILURE intact " + string(level)
	}
	return proved + " + " + tokenPassed
}

// checkEvidence checks the verdict on a document, as it is and with an archive timestamp behind it.
func checkEvidence(t *testing.T, h household, document []byte, want string) {
	t.Helper()
	checkSaid(t, verified(t, document, h.trust())[0], saidWith(want, pades.LevelBLT))
	found := verified(t, h.archive(t, document), h.trust())
	checkSaid(t, found[0], saidWith(want, pades.LevelLTA))
	checkSaid(t, found[1], noBaseline)
}

// A changed piece of evidence in /DSS still proves the same, proves nothing, or proves a
// revocation: RFC 5280 and 6960. It never breaks a signature, and never gives it a level that is
// not proved.
func TestEvidenceInEveryForm(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	seal := h.asked(t, pkitest.P256)
	sealed := h.timestampedBy(seal)
	for kind, rows := range map[string][]evidenceRow{"OCSP": answerRows(), "CRL": listRows()} {
		for _, row := range rows {
			t.Run(kind+" "+row.name, func(t *testing.T) {
				t.Parallel()
				store := securityStore{certificates: [][]byte{seal.chain[1].Raw}}
				if evidence := [][]byte{row.make(h, seal)}; kind == "OCSP" {
					store.responses = evidence
				} else {
					store.lists = evidence
				}
				checkEvidence(t, h, store.append(t, sealed), row.want)
				late := store.append(t, h.archive(t, sealed)) // nothing proves when the evidence was added
				checkSaid(t, verified(t, late, h.trust())[0], saidWith(row.want, pades.LevelBLT))
			})
		}
	}
}

// Other values in /DSS beside sound evidence, and the layout of /DSS, change nothing unless the
// values are evidence themselves.
func TestStoresInEveryForm(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	seal := h.asked(t, pkitest.P256)
	o := h.othersOf(t, seal)
	sealed := h.timestampedBy(seal)
	sound := h.answer(seal.chain[0])
	against := h.answer(seal.chain[0])
	against.state = revokedSince(time.Now().Add(-time.Minute))
	forged := *against
	forged.value = func(data []byte) []byte { return signedBy(seal, data) }
	namesake, err := h.root.NewIntermediate("Household Issuer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	foreign := newAnswer(signer{namesake.Chain, namesake.Key}, seal.chain[0], namesake.Chain[0])
	foreign.state = against.state
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write(sound.bytes())
	z.Close()
	certificates := func(before ...[]byte) func(s *securityStore) {
		return func(s *securityStore) { s.certificates = append(before, s.certificates...) }
	}
	responses := func(all ...[]byte) func(s *securityStore) {
		return func(s *securityStore) { s.responses = all }
	}
	entry := func(key pdf.Name, value pdf.Object) func(s *securityStore) {
		return func(s *securityStore) { s.entries = pdf.Dict{key: value} }
	}
	for name, row := range map[string]struct {
		change func(s *securityStore)
		want   string
	}{
		"as it is":                            {func(*securityStore) {}, proves},
		"the seal's certificate too":          {certificates(seal.chain[0].Raw), proves},
		"a certificate that is none":          {certificates(null), proves},
		"a certificate that is cut":           {certificates(seal.chain[0].Raw[:99]), proves},
		"another of its issuer and number":    {certificates(o.twin), proves},
		"another of its key":                  {certificates(o.reissued), proves},
		"the seal's with a broken signature":  {certificates(flipped(seal.chain[0].Raw)), proves},
		"its issuer's with a broken one":      {certificates(flipped(seal.chain[1].Raw)), proves},
		"another issuer of the name":          {certificates(namesake.Chain[0].Raw), proves},
		"no certificates":                     {func(s *securityStore) { s.certificates = nil }, proves},
		"certificates twice":                  {certificates(seal.chain[1].Raw, seal.chain[1].Raw), proves},
		"certificates that are no array":      {entry("Certs", pdf.Name("none")), alters},
		"no evidence":                         {responses(), nothing},
		"evidence twice":                      {responses(sound.bytes(), sound.bytes()), proves},
		"evidence that is none before":        {responses(null, sound.bytes()), proves},
		"evidence that is none behind":        {responses(sound.bytes(), null), proves},
		"a forged revocation before":          {responses(forged.bytes(), sound.bytes()), proves},
		"a forged revocation behind":          {responses(sound.bytes(), forged.bytes()), proves},
		"a revocation before":                 {responses(against.bytes(), sound.bytes()), revoked},
		"a revocation behind":                 {responses(sound.bytes(), against.bytes()), revoked},
		"a revocation by another of the name": {responses(foreign.bytes(), sound.bytes()), proves},
		"an OCSP response among the CRLs": {func(s *securityStore) {
			s.responses, s.lists = nil, [][]byte{sound.bytes()}
		}, nothing},
		"a CRL among the OCSP responses": {responses(h.list().bytes()), nothing},
		"a CRL of the seal's own beside": {func(s *securityStore) {
			l := h.list()
			l.entries = [][]byte{listed(seal.chain[0], time.Now().Add(-time.Minute))}
			l.value = func(data []byte) []byte { return signedBy(seal, data) }
			s.lists = [][]byte{l.bytes()}
		}, proves},
		"evidence that is no stream":   {entry("OCSPs", pdf.Array{pdf.String(sound.bytes())}), nothing},
		"evidence that is not there":   {entry("OCSPs", pdf.Array{number(9999)}), nothing},
		"evidence that is the catalog": {entry("OCSPs", pdf.Array{number(1)}), nothing},
		"a VRI that is none":           {entry("VRI", pdf.Name("none")), alters},
		"a VRI of nobody":              {entry("VRI", pdf.Dict{strings40: pdf.Dict{}}), proves},
		"a VRI that refers to nothing": {entry("VRI", pdf.Dict{strings40: number(9999)}), proves},
		"a VRI that is the catalog":    {entry("VRI", number(1)), alters},
		"a VRI with evidence that is none": {entry("VRI", pdf.Dict{strings40: pdf.Dict{
			"OCSP": pdf.Array{number(9999), pdf.Name("none")}, "TU": pdf.String("D:20010101")}}), alters},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := h.storeOf(seal)
			row.change(&store)
			checkEvidence(t, h, store.append(t, sealed), row.want)
		})
	}
	t.Run("evidence in a filter", func(t *testing.T) {
		t.Parallel()
		for filter, want := range map[pdf.Name]string{"FlateDecode": proves, "Unknown": nothing} {
			store := h.storeOf(seal)
			store.responses, store.filter = [][]byte{packed.Bytes()}, filter
			store.certificates = nil
			checkEvidence(t, h, store.append(t, sealed), want)
		}
	})
	t.Run("evidence in the signature", func(t *testing.T) { // adbe-revocationInfoArchival
		t.Parallel()
		for der, want := range map[*answer]string{sound: proves, &forged: nothing, against: revoked} {
			archival := tlv(0x30, tlv(0xa1, tlv(0x30, der.bytes())))
			document := formed(pades.SubFilterPAdES, "", func(content []byte) []byte {
				m := newMessage(seal, content)
				m.attributes = append(m.attributes, signedAttribute(oid(1, 2, 840, 113583, 1, 1, 8), archival))
				h.timestamped(m)
				return m.bytes()
			})
			checkEvidence(t, h, document, want)
		}
	})
	t.Run("a store that another one replaces", func(t *testing.T) {
		t.Parallel()
		checkEvidence(t, h, securityStore{}.append(t, h.storeOf(seal).append(t, sealed)), nothing)
		checkEvidence(t, h, h.storeOf(seal).append(t, securityStore{}.append(t, sealed)), proves)
	})
}

var strings40 = pdf.Name(strings.Repeat("A", 40))

// newSerial is a serial number that differs from a certificate's.
func newSerial(c *x509.Certificate) *big.Int { return new(big.Int).Add(c.SerialNumber, big.NewInt(1)) }
