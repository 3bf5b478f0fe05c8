package pades_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
	"testing"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pades/sign"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
	"influxion/handler/internal/trusttest"
)

// checkSound checks that every signature passes package verify, and gives the findings.
func (w *world) checkSound(t *testing.T, document []byte) []pades.Signature {
	t.Helper()
	found := verified(t, document,
		pades.Trust{Anchors: []*x509.Certificate{w.Root}, Time: time.Now(), Online: w.clients.Revocation})
	for _, signature := range found {
		if signature.Indication != pades.TotalPassed {
			t.Errorf("%s: got %s %s: %s", signature.Field, signature.Indication, signature.SubIndication,
				signature.Detail)
		}
	}
	return found
}

// TestExtend checks the requests and incremental updates that extending from each level to each
// level needs.
func TestExtend(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from, to   pades.Level
		timestamps int // document timestamps
		increments int
		reached    pades.Level // if it is higher than the requested level
	}{
		{pades.LevelBB, pades.LevelBT, 1, 1, ""},
		{pades.LevelBB, pades.LevelBLT, 1, 2, ""},
		{pades.LevelBB, pades.LevelLTA, 2, 3, ""},
		{pades.LevelBB, "", 2, 3, ""},
		{pades.LevelBT, pades.LevelBT, 0, 0, ""},
		{pades.LevelBT, pades.LevelBLT, 0, 1, ""},
		{pades.LevelBT, pades.LevelLTA, 1, 2, ""},
		{pades.LevelBLT, pades.LevelBLT, 0, 0, ""},
		{pades.LevelBLT, pades.LevelLTA, 1, 1, ""},
		{pades.LevelBLT, pades.LevelBT, 0, 0, pades.LevelBLT},
		{pades.LevelLTA, pades.LevelBT, 0, 0, pades.LevelLTA},
		{pades.LevelLTA, pades.LevelBLT, 0, 0, pades.LevelLTA},
		{pades.LevelLTA, pades.LevelLTA, 1, 1, ""}, // the evidence about the TSA is still fresh
	} {
		for _, streams := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s to %s streams=%v", test.from, test.to, streams), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, trusttest.Config{Delegated: streams})
				signed := w.sign(t, pdftest.File{Objects: pdftest.Pages(2, ""), Streams: streams}.Bytes(),
					w.options(test.from))
				before := w.Requests(trusttest.TSA)
				increment, err := w.tryExtend(t.Context(), signed, sign.Extension{Level: test.to})
				if err != nil {
					t.Fatal(err)
				}
				extended := slices.Concat(signed, increment.Bytes)
				if higher := cmp.Or(test.reached, test.to, pades.LevelLTA); increment.Reached() != higher {
					t.Errorf("got a document of level %s, want %s", increment.Reached(), higher)
				}
				if want := cmp.Or(test.to, pades.LevelLTA); increment.Level != want || increment.Shortfall != nil {
					t.Errorf("got level %s, shortfall %v; want %s", increment.Level, increment.Shortfall, want)
				}
				if increment.DocumentDigest != sha256.Sum256(signed) ||
					increment.SignedDigest != sha256.Sum256(extended) {
					t.Error("got digests of something else than the document without and with the increment")
				}
				if got := revisions(extended) - revisions(signed); got != test.increments {
					t.Errorf("got %d incremental updates, want %d", got, test.increments)
				}
				if got := w.Requests(trusttest.TSA) - before; got != test.timestamps {
					t.Errorf("got %d requests to the TSA, want %d", got, test.timestamps)
				}
				all, earlier := seals(t, extended), seals(t, signed)
				for _, added := range all[len(earlier):] {
					if !added.isDocumentTimestamp() {
						t.Errorf("got %v, want a document timestamp", added.dict)
					}
					added.token(t)
				}
				if len(all)-len(earlier) != test.timestamps {
					t.Errorf("got %d new document timestamps, want %d", len(all)-len(earlier), test.timestamps)
				}
				w.checkSound(t, extended)
			})
		}
	}
}

// An extended document has the validation data of its signers and of all its timestamps.
func TestExtendedDocumentHoldsAllValidationData(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	second := w.newSigner(t, pkitest.P384, pkitest.SigningTemplate("Second", time.Now()))
	signed := second.sign(t, w.sign(t, sample(), w.options(pades.LevelBB)), w.options(pades.LevelBB))
	extended := w.extend(t, signed, sign.Extension{})
	found := readStore(t, extended)
	for _, s := range []signer{w.signer, second, {chain: w.TSAChain()}} {
		for _, certificate := range s.chain {
			if !holds(found.certs, certificate.Raw) {
				t.Errorf("the certificate of %s is missing", certificate.Subject.CommonName)
			}
		}
		if evidenceOf(t, found, s.chain[0], s.chain[1:]) == nil ||
			evidenceOf(t, found, s.chain[1], s.chain[2:]) == nil {
			t.Errorf("evidence of %s is missing", s.chain[0].Subject.CommonName)
		}
	}
	all := seals(t, extended)
	for _, one := range all[:2] {
		if entry, ok := found.related[one.key()]; !ok || len(entry.ocsps) != 2 || len(entry.certs) != 3 {
			t.Errorf("got /VRI %v, want an entry for %s", found.related, one.field)
		}
	}
	w.checkSound(t, extended)
}

// After several renewals, the store has each value once and keeps its existing values. No service
// is asked again about a proved fact.
func TestRenewal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	document := w.sign(t, sample(), w.options(pades.LevelLTA))
	first := readStore(t, document)
	for range 3 {
		clients := newClients(t, w.Services) // with empty caches
		asked := w.Requests(trusttest.OCSP)
		document = w.extend(t, document, sign.Extension{Services: clients})
		if got := w.Requests(trusttest.OCSP); got != asked {
			t.Errorf("got %d OCSP requests, want none: the document has it all", got-asked)
		}
	}
	w.growTSA(t, 1)
	renewed := w.extend(t, document, sign.Extension{})
	again := w.extend(t, renewed, sign.Extension{}) // contains the validation data of the new TSA
	found := readStore(t, again)
	for _, der := range slices.Concat(first.certs, first.ocsps, [][]byte{w.TSAChain()[0].Raw}) {
		if !holds(found.certs, der) && !holds(found.ocsps, der) {
			t.Error("a value that was there is missing, or what proves the new TSA")
		}
	}
	if len(found.certs) != len(first.certs)+1 || len(found.ocsps) != len(first.ocsps)+1 {
		t.Errorf("got %d and %d values, want one more than %d and %d", len(found.certs), len(found.ocsps),
			len(first.certs), len(first.ocsps))
	}
	w.checkSound(t, again)
}

// Evidence that is too old by now is fetched again only if nothing proves an earlier time.
func TestRenewalAsksWhatIsCurrentOfTheLastTimestamp(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	document := e.signAt(t, sample(), pades.LevelLTA, pades.Options{})
	before := len(readStore(t, document).ocsps)
	e.advance(48 * time.Hour)
	extended := e.extend(t, document)
	if got := len(readStore(t, extended).ocsps) - before; got != 2 { // the TSA and its authority
		t.Errorf("got %d new OCSP responses, want 2", got)
	}
}

// A revocation after the proved time does no harm; a revocation before it does.
func TestExtendAndRevocation(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		level pades.Level
		at    time.Duration // of the revocation, after the signing
		code  string
	}{
		{"after the timestamp", pades.LevelBT, time.Hour, ""},
		{"before the timestamp", pades.LevelBT, -time.Hour, pades.CodeCertificateRevoked},
		{"without a timestamp", pades.LevelBB, time.Hour, pades.CodeCertificateRevoked},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, trusttest.Config{})
			document := e.signAt(t, sample(), test.level, pades.Options{})
			if err := e.Revoke(e.chain[0], e.now().Add(test.at), 1); err != nil {
				t.Fatal(err)
			}
			e.advance(2 * time.Hour)
			extension := sign.Extension{Level: pades.LevelBLT, Services: e.services(), Time: e.now()}
			_, err := sign.Extend(t.Context(), bytes.NewReader(document), extension)
			if test.code == "" && err != nil || test.code != "" && codeOf(err) != test.code {
				t.Errorf("got %v, want %q", err, test.code)
			}
		})
	}
}

func TestExtendRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	signed := w.sign(t, sample(), w.options(pades.LevelBT))
	broken := bytes.Replace(signed, []byte("/MediaBox"), []byte("/MediaBux"), 1)
	timestamped := w.extend(t, signed, sign.Extension{Level: pades.LevelLTA})
	brokenTimestamp := slices.Clone(timestamped)
	at := bytes.LastIndex(brokenTimestamp, []byte("/Contents <")) + len("/Contents <") + 3000
	brokenTimestamp[at] = '0' + (brokenTimestamp[at]-'0'+1)%8
	noTimestamp := slices.Clone(timestamped)
	copy(noTimestamp[bytes.LastIndex(noTimestamp, []byte("/Contents <"))+len("/Contents <"):], "0401")
	changed := appendix(t, signed, func(t *testing.T, file *pdf.File, update *pdf.Update) {
		ref, _, err := file.FirstPage()
		if err != nil {
			t.Fatal(err)
		}
		edit(t, file, update, ref, pdf.Dict{"Rotate": pdf.Integer(90)})
	})
	for _, test := range []struct {
		name      string
		document  []byte
		extension sign.Extension
		code      string
	}{
		{"unsigned", sample(), sign.Extension{}, pades.CodeUnsigned},
		{"not a PDF", []byte("nothing"), sign.Extension{}, pades.CodeNotPDF},
		{"broken signature", broken, sign.Extension{}, pades.CodeSignatureInvalid},
		{"broken document timestamp", brokenTimestamp, sign.Extension{}, pades.CodeSignatureInvalid},
		{"document timestamp that is none", noTimestamp, sign.Extension{}, pades.CodeSignatureInvalid},
		{"changed afterwards", changed, sign.Extension{}, pades.CodeSignatureInvalid},
		{"to B-B", signed, sign.Extension{Level: pades.LevelBB}, pades.CodeOptionInvalid},
		{"unknown level", signed, sign.Extension{Level: "B-X"}, pades.CodeOptionInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			increment, err := w.tryExtend(t.Context(), test.document, test.extension)
			if increment != nil || codeOf(err) != test.code {
				t.Errorf("got %v %v, want %s", increment, err, test.code)
			}
		})
	}
	_, err := sign.Extend(t.Context(), bytes.NewReader(signed), sign.Extension{Services: w.clients})
	if codeOf(err) != pades.CodeOptionInvalid {
		t.Errorf("no time: got %v, want %s", err, pades.CodeOptionInvalid)
	}
}

func TestExtendFallsShort(t *testing.T) {
	t.Parallel()
	down := func(w *world) { w.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.Down}) }
	for _, test := range []struct {
		name    string
		from    pades.Level
		arrange func(w *world)
		level   pades.Level // "" = an error even so
	}{
		{"TSA down for B-B", pades.LevelBB, down, pades.LevelBB},
		{"TSA down for B-T", pades.LevelBT, down, pades.LevelBLT},
		{"TSA down for B-LT, which lacks nothing else", pades.LevelBLT, down, pades.LevelBLT},
		{"TSA down for the renewal of B-LTA", pades.LevelLTA, down, ""},
		{"authorities down for B-B", pades.LevelBB, (*world).breakRevocation, pades.LevelBT},
		{"authorities down for B-T", pades.LevelBT, (*world).breakRevocation, pades.LevelBT},
		{"no TSA", pades.LevelBB, func(w *world) { w.clients.Timestamper = nil }, pades.LevelBB},
		{"no source", pades.LevelBB, func(w *world) { w.clients.Revocation = nil }, pades.LevelBT},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, trusttest.Config{})
			signed := w.sign(t, sample(), w.options(test.from))
			w.clients = newClients(t, w.Services)
			test.arrange(w)
			_, err := w.tryExtend(t.Context(), signed, sign.Extension{})
			serviceError(t, err)
			increment, err := w.tryExtend(t.Context(), signed, sign.Extension{AllowLower: true})
			if test.level == "" {
				if increment != nil {
					t.Error("got an increment, want none")
				}
				serviceError(t, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			serviceError(t, increment.Shortfall)
			if increment.Level != test.level || increment.Reached() != test.level {
				t.Errorf("got level %s of a document at %s, want %s", increment.Level, increment.Reached(), test.level)
			}
			if (len(increment.Bytes) == 0) != (test.level == test.from) {
				t.Errorf("got %d bytes appended", len(increment.Bytes))
			}
			if increment.SignedDigest != sha256.Sum256(slices.Concat(signed, increment.Bytes)) {
				t.Error("got the digest of something else than the document with the increment")
			}
		})
	}
}

// The level of a document is reported even if it cannot be reached again, because new evidence
// about its TSA is missing.
func TestExtendFallsShortOfWhatIsThere(t *testing.T) {
	t.Parallel()
	e := newEstate(t, trusttest.Config{})
	document := e.signAt(t, sample(), pades.LevelBLT, pades.Options{})
	e.advance(48 * time.Hour)
	e.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Down})
	increment, err := sign.Extend(t.Context(), bytes.NewReader(document),
		sign.Extension{Services: e.services(), Time: e.now(), AllowLower: true})
	if err != nil {
		t.Fatal(err)
	}
	serviceError(t, increment.Shortfall)
	if increment.Reached() != pades.LevelBLT || len(increment.Bytes) != 0 {
		t.Errorf("got %d bytes appended, level %s; want B-LT as it was", len(increment.Bytes), increment.Reached())
	}
}

// Several signers can sign in turn at any level, and each signature stays valid.
func TestSignersInTurnAtAnyLevel(t *testing.T) {
	t.Parallel()
	levels := []pades.Level{pades.LevelLTA, pades.LevelBB, pades.LevelBLT, pades.LevelBT, pades.LevelLTA}
	for _, streams := range []bool{false, true} {
		w := newWorld(t, trusttest.Config{})
		document := pdftest.File{Objects: pdftest.Pages(1, ""), Streams: streams}.Bytes()
		for i, level := range levels {
			one := w.newSigner(t, pkitest.P256, pkitest.SigningTemplate(fmt.Sprint("Signer ", i), time.Now()))
			document = one.sign(t, document, w.options(level))
			w.checkSound(t, document)
		}
		found := readStore(t, document)
		for _, one := range seals(t, document) {
			if _, related := found.related[one.key()]; related && one.isDocumentTimestamp() {
				t.Errorf("got an entry in /VRI for the document timestamp %s", one.field)
			}
		}
		if len(found.related) != 3 {
			t.Errorf("got %d entries in /VRI, want one for each signature of B-LT and above", len(found.related))
		}
	}
}

// No certification and no lock forbids document timestamps and validation data: ISO 32000-2, table
// 257.
func TestNoRestrictionStandsAgainstValidationData(t *testing.T) {
	t.Parallel()
	locked := func(lock string) []byte {
		objects := append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >>"),
			"<< /FT /Sig /T (first) /Lock "+lock+" >>")
		return pdftest.File{Objects: objects}.Bytes()
	}
	for _, test := range []struct {
		name     string
		document []byte
		options  pades.Options
	}{
		{"no changes", sample(), pades.Options{Certify: pades.NoChanges}},
		{"form filling", sample(), pades.Options{Certify: pades.FormFilling}},
		{"every field locked", locked("<< /Action /All >>"), pades.Options{Field: "first"}},
		{"frozen", locked("<< /Action /All /P 1 >>"), pades.Options{Field: "first"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, trusttest.Config{})
			options := w.options(pades.LevelLTA)
			options.Certify, options.Field = test.options.Certify, test.options.Field
			signed := w.sign(t, test.document, options)
			extended := w.extend(t, signed, sign.Extension{})
			if n := len(w.checkSound(t, extended)); n != 3 {
				t.Errorf("got %d signatures, want the one and two document timestamps", n)
			}
			increment, err := sign.TimestampDocument(t.Context(), bytes.NewReader(extended), w.clients)
			if err != nil {
				t.Fatal(err)
			}
			w.checkSound(t, slices.Concat(extended, increment.Bytes))
		})
	}
}

// If a certification forbids every change, other readers treat a new appearance as a change. The
// timestamp then uses an existing appearance, or none.
func TestTimestampOfAFinalDocumentBringsNoAppearance(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	options := w.options(pades.LevelLTA)
	options.Certify = pades.NoChanges
	all := seals(t, w.sign(t, sample(), options))
	if fmt.Sprint(all[1].widget["AP"]) != fmt.Sprint(all[0].widget["AP"]) {
		t.Errorf("got appearance %v, want the signature's %v", all[1].widget["AP"], all[0].widget["AP"])
	}
	objects := append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >> /Perms << /DocMDP 5 0 R >>"),
		"<< /FT /Sig /T (first) /V 5 0 R >>",
		"<< /Type /Sig /Reference [<< /TransformMethod /DocMDP /TransformParams << /P 1 >> >>] >>")
	document := pdftest.File{Objects: objects}.Bytes()
	increment, err := sign.TimestampDocument(t.Context(), bytes.NewReader(document), w.clients)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(increment.Bytes, []byte("/AP")) {
		t.Error("got an appearance, want none")
	}
	objects = append(pdftest.Pages(1, "/AcroForm << /Fields [4 0 R] >>"),
		"<< /FT /Sig /T (first) /Lock << /Action /All >> >>")
	options = w.options(pades.LevelLTA)
	options.Field = "first"
	if all := seals(t, w.sign(t, pdftest.File{Objects: objects}.Bytes(), options)); all[1].widget["AP"] != nil {
		t.Errorf("got appearance %v under a lock, want none", all[1].widget["AP"])
	}
}

func TestTimestampDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	for _, streams := range []bool{false, true} {
		document := pdftest.File{Objects: pdftest.Pages(1, ""), Streams: streams}.Bytes()
		for n := 1; n <= 3; n++ {
			increment, err := sign.TimestampDocument(t.Context(), bytes.NewReader(document), w.clients)
			if err != nil {
				t.Fatal(err)
			}
			timestamped := slices.Concat(document, increment.Bytes)
			if increment.DocumentDigest != sha256.Sum256(document) ||
				increment.SignedDigest != sha256.Sum256(timestamped) || increment.Level != "" {
				t.Errorf("got digests of something else, or level %q", increment.Level)
			}
			all := seals(t, timestamped)
			if len(all) != n {
				t.Fatalf("got %d timestamps, want %d", len(all), n)
			}
			w.checkTimestamp(t, timestamped, all[n-1])
			document = timestamped
		}
	}
	if _, err := sign.TimestampDocument(t.Context(), bytes.NewReader([]byte("nothing")),
		w.clients); codeOf(err) != pades.CodeNotPDF {
		t.Errorf("got %v, want %s", err, pades.CodeNotPDF)
	}
	_, err := sign.TimestampDocument(t.Context(), bytes.NewReader(sample()), pades.Services{})
	serviceError(t, err)
	w.Fault(trusttest.TSA, trusttest.Fault{Kind: trusttest.ServerError})
	_, err = sign.TimestampDocument(t.Context(), bytes.NewReader(sample()), w.clients)
	serviceError(t, err)
}

// Evidence in the document counts only if it states a status and comes from the certificate's
// lifetime. For other certificates the authorities are asked, once for each certificate.
func TestHeldEvidenceIsChosen(t *testing.T) {
	t.Parallel()
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, trusttest.Config{})
		signed := w.sign(t, sample(), w.options(pades.LevelBT))
		w.Fault(trusttest.OCSP, trusttest.Fault{Kind: trusttest.Unknown})
		useless, err := ocspResponse(t.Context(), w.chain[0].OCSPServer[0], w.chain[0], w.chain[1])
		if err != nil {
			t.Fatal(err)
		}
		w.ClearFault(trusttest.OCSP)
		w.extend(t, withStore(t, signed, nil, useless), sign.Extension{Level: pades.LevelBLT})
	})
	t.Run("after the certificate", func(t *testing.T) {
		t.Parallel()
		e := newEstate(t, trusttest.Config{})
		signed := e.signAt(t, sample(), pades.LevelBT, pades.Options{})
		good := e.fetch(t, e.chain)
		e.advance(e.chain[0].NotAfter.Sub(e.now()) + day)
		late := e.fetch(t, e.chain)
		extension := sign.Extension{Level: pades.LevelBLT, Services: e.services(), Time: e.now()}
		if _, err := sign.Extend(t.Context(), bytes.NewReader(withStore(t, signed, nil, late)), extension); err == nil {
			t.Error("got B-LT by what was said after the certificate had expired, want an error")
		}
		if _, err := sign.Extend(t.Context(), bytes.NewReader(withStore(t, signed, nil, late, good)),
			extension); err != nil {
			t.Errorf("got %v, want what was said before to do", err)
		}
	})
	t.Run("asked once", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, trusttest.Config{})
		signed := w.sign(t, w.sign(t, sample(), w.options(pades.LevelBT)), w.options(pades.LevelBT))
		asked := map[string]int{}
		w.clients.Revocation = answering{w.clients.Revocation,
			func(c *x509.Certificate, e *revocation.Evidence) (*revocation.Evidence, error) {
				asked[c.Subject.CommonName]++
				return e, nil
			}}
		w.extend(t, signed, sign.Extension{Level: pades.LevelBLT})
		for name, n := range asked {
			if n != 1 {
				t.Errorf("got %d questions about %s, want 1", n, name)
			}
		}
		if len(asked) != 4 {
			t.Errorf("got questions about %v, want them about both chains", asked)
		}
	})
}

// lying gets timestamps over other data.
type lying struct{ pades.Timestamper }

func (l lying) Timestamp(ctx context.Context, hash crypto.Hash, imprint []byte) (*cms.Timestamp, error) {
	return l.Timestamper.Timestamp(ctx, hash, digest(hash, imprint))
}

func TestATimestampOfSomethingElseProvesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	options := w.options(pades.LevelBT)
	options.Services.Timestamper = lying{options.Services.Timestamper}
	extended := w.extend(t, w.sign(t, sample(), options), sign.Extension{Level: pades.LevelBT})
	if n := len(seals(t, extended)); n != 2 {
		t.Errorf("got %d signature dictionaries, want a document timestamp beside the signature", n)
	}
}

// A signature timestamp that cannot be read counts as none.
func TestATimestampThatIsNoneProvesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	signed := withTimestamps(t, signer{w.chain, w.key}.byHand(t, payment("",
		"/AcroForm << /Fields [6 0 R] >>", "<< /FT /Sig /T (s) /V 7 0 R >>"), ""), 1)
	extended := w.extend(t, signed, sign.Extension{Level: pades.LevelBT})
	if n := len(seals(t, extended)); n != 2 {
		t.Errorf("got %d signature dictionaries, want a document timestamp beside the signature", n)
	}
}

func TestIssuersAreTakenFromTheDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	signed := signer{w.chain[:1], w.key}.sign(t, sample(), w.options(pades.LevelLTA))
	w.Fault(trusttest.Issuers, trusttest.Fault{Kind: trusttest.Down})
	w.extend(t, signed, sign.Extension{Services: newClients(t, w.Services)})
}

// The signature timestamp of a later signature proves nothing about earlier signatures.
func TestTheTimestampOfAnotherSignatureProvesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, trusttest.Config{})
	signed := w.sign(t, w.sign(t, sample(), w.options(pades.LevelBB)), w.options(pades.LevelBT))
	if n := len(seals(t, w.extend(t, signed, sign.Extension{Level: pades.LevelBT}))); n != 3 {
		t.Errorf("got %d signature dictionaries, want a document timestamp beside both signatures", n)
	}
}
