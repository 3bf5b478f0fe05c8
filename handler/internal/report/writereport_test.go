package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/report"
)

// TestReportTellsAll checks that every member of a finding appears in the page and in the text.
func TestReportTellsAll(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	certificate := func(name string) pades.Certificate {
		return pades.Certificate{
			Subject:     "CN=" + name,
			Issuer:      "CN=Issuer of " + name,
			Serial:      "5e41a1",
			NotBefore:   at,
			NotAfter:    at.AddDate(1, 0, 0),
			Fingerprint: "fingerprint of " + name,
		}
	}
	signer, tsa := certificate("Signer"), certificate("TSA")
	signatures := []pades.Signature{
		{
			Kind:                pades.KindSignature,
			Field:               "Approval",
			SubFilter:           "ETSI.CAdES.detached",
			Level:               pades.LevelLTA,
			Indication:          pades.Indeterminate,
			SubIndication:       pades.TryLater,
			Detail:              "no answer",
			Signer:              &signer,
			BestSignatureTime:   at.Add(time.Hour),
			ClaimedTime:         at.Add(2 * time.Hour),
			Name:                "A name",
			Reason:              "A reason",
			Location:            "A place",
			ContactInfo:         "A contact",
			DigestAlgorithm:     "SHA-512",
			SignatureAlgorithm:  "ECDSA-SHA256",
			Certification:       pades.FormFilling,
			ChangesAfter:        pades.ChangeFormFilling,
			CoversWholeDocument: new(false),
			Revision:            1,
			ForbiddenRevisions:  []int{2},
			ByteRange:           []int64{0, 11, 22, 33},
			Remarks:             []string{"a remark", "another"},
			Integrity:           pades.IntegrityIntact,
			Trust:               pades.SignerIndeterminate,
			TrustDetail:         "nobody answered",
			Chain: []pades.Link{
				{
					Certificate: signer,
					Revocation: &pades.Revocation{
						Status:     "revoked",
						Kind:       "ocsp",
						Source:     "online",
						RevokedAt:  at.Add(3 * time.Hour),
						ThisUpdate: at.Add(4 * time.Hour),
					},
				},
				{Certificate: certificate("Root"), Anchor: true},
			},
			Timestamps: []pades.Timestamp{
				{
					Time:          at.Add(5 * time.Hour),
					TSA:           &tsa,
					Indication:    pades.TotalFailed,
					SubIndication: pades.HashFailure,
					Detail:        "another imprint",
				},
			},
		},
		{
			Kind:                pades.KindDocumentTimestamp,
			Field:               "Stamp",
			Indication:          pades.TotalPassed,
			CoversWholeDocument: new(true),
			Revision:            2,
		},
	}
	told := &pades.Report{
		Document: pades.DocumentIdentity{
			Name:   "contract.pdf",
			SHA256: "digest of it",
			Size:   12345,
		},
		VerifiedAt:   at.Add(6 * time.Hour),
		Verifier:     "influxion 9.8.7",
		TrustAnchors: []string{"anchor one", "anchor two"},
		Limits:       map[string]int64{"signatures": 200},
		Verdict: pades.Verdict{
			Indication: pades.Indeterminate,
			Detail:     "signed content intact, but",
		},
		Summary:    pades.Summarize(signatures),
		Signatures: signatures,
		Revisions: []pades.Revision{
			{Number: 1, End: 99},
			{
				Number: 2,
				End:    4711,
				Change: pades.ChangeFormFilling,
				Fields: []string{"one", "two"},
				Added: []pades.Addition{
					{Page: 7, Kind: "Widget", Box: [4]float64{1.5, 2, 300, 4}},
				},
				Detail: "a detail of it",
			},
		},
		Unjudged: []pades.Unjudged{{Object: 12, Offset: 3456, Detail: "no field points at it"}},
	}
	wanted := []string{
		"contract.pdf",
		"digest of it",
		"12 kB (12,345 bytes)",
		"4 March 2026, 11:06:07 UTC",
		"influxion 9.8.7",
		"anchor one",
		"anchor two",
		"signatures: 200",
		"Signed content intact, but",
		"1 passed, 1 indeterminate, 0 failed",
		"INDETERMINATE TRY_LATER: no answer",
		"Approval",
		"B-LTA",
		"ETSI.CAdES.detached",
		"CN=Signer",
		"CN=Issuer of Signer",
		"5e41a1",
		"2026-03-04 05:06:07 UTC",
		"2027-03-04 05:06:07 UTC",
		"fingerprint of Signer",
		"06:06:07",
		"07:06:07",
		"A name",
		"A reason",
		"A place",
		"A contact",
		"SHA-512",
		"ECDSA-SHA256",
		"forms may be filled",
		"0 11 22 33",
		"a remark",
		"another",
		"revocation revoked by OCSP from online at 2026-03-04 08:06:07 UTC, as of 2026-03-04 09:06:07 UTC",
		"CN=Root (trust anchor)",
		"10:06:07 UTC by CN=TSA: TOTAL-FAILED HASH_FAILURE: another imprint",
		"an earlier revision",
		"orm fields were filled",
		"4,711",
		"“one” and “two”",
		"Nobody answered",
		"(Widget) on page 7, box 1.5, 2 to 300, 4 pt",
		"A detail of it",
		"Stamp",
		"the whole document",
		"1 thing in this file looks like a signature and was not judged",
		"No field points at it (object 12, at byte 3,456)",
	}
	for name, form := range forms() {
		if name == ".terminal" {
			continue // the gist alone
		}
		got := rendered(t, form, told)
		for _, want := range wanted {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got no %q in\n%s", name, want, got)
			}
		}
	}
}

// filled puts a text into every string of a value, and an element into every list, so that no
// member can be forgotten.
func filled(value reflect.Value, text string) {
	switch value.Kind() {
	case reflect.String:
		value.SetString(text)
	case reflect.Struct:
		if value.Type() == reflect.TypeFor[time.Time]() {
			value.Set(reflect.ValueOf(at(1, 2, 3)))
			return
		}
		for i := range value.NumField() {
			filled(value.Field(i), text)
		}
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 2, 2))
		for i := range value.Len() {
			filled(value.Index(i), text)
		}
	case reflect.Array:
		for i := range value.Len() {
			filled(value.Index(i), text)
		}
	case reflect.Map:
		value.Set(reflect.MakeMap(value.Type()))
		key, entry := reflect.New(value.Type().Key()).Elem(), reflect.New(value.Type().Elem()).Elem()
		filled(key, text)
		filled(entry, text)
		value.SetMapIndex(key, entry)
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		filled(value.Elem(), text)
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int, reflect.Int64:
		value.SetInt(2)
	case reflect.Float64:
		value.SetFloat(2.5)
	default:
		panic("a member of a kind that the test does not know: " + value.Kind().String())
	}
}

// TestReportIsHarmless has every text of a report try to escape its place, in every form for
// people.
func TestReportIsHarmless(t *testing.T) {
	t.Parallel()
	whole := &pades.Report{}
	filled(reflect.ValueOf(whole).Elem(), attack())
	for _, state := range []struct {
		integrity pades.Integrity
		trust     pades.SignerTrust
		changes   pades.Change
	}{
		{pades.IntegrityIntact, pades.SignerTrusted, pades.ChangeNone},
		{pades.IntegrityBroken, pades.SignerNotTrusted, pades.ChangeOther},
		{pades.IntegrityNotEvaluated, pades.SignerIndeterminate, pades.ChangeAnnotation},
		{"", "", pades.ChangeNotEvaluated},
	} {
		for i := range whole.Signatures {
			s := &whole.Signatures[i]
			s.Revision, s.Integrity, s.Trust, s.ChangesAfter = 1, state.integrity, state.trust, state.changes
			whole.Revisions[i].Change = state.changes
		}
		for name, form := range forms() {
			got := rendered(t, form, whole)
			for _, bad := range []string{"\x1b", "\r", "\u202e", "\u2066", "\u2028", "\x00", "\u200b", "\xff",
				"\nResult: VALID", strings.Repeat("W", 2001),
				strings.Repeat("\u0301", 4)} {
				if strings.Contains(got, bad) {
					t.Errorf("%s: got %q in the report", name, bad)
				}
			}
			if lost := strings.IndexFunc(
				got,
				func(r rune) bool { return !unicode.IsGraphic(r) && r != '\n' },
			); lost >= 0 {
				t.Errorf("%s: got %q", name, got[lost:min(len(got), lost+20)])
			}
			if name == ".html" {
				checkPage(t, got)
			}
		}
	}
}

// checkPage reads a page as a browser would. It allows only what the template has: no other
// element, attribute or address.
func checkPage(t *testing.T, page string) {
	t.Helper()
	elements := strings.Fields(
		"html head meta title style body svg symbol circle path use main p span strong bdi section header div h1 h2 " +
			"h3 dl dt dd small " +
			"code table caption thead tbody tr th td ul li details summary",
	)
	attributes := strings.Fields(
		"lang charset http-equiv content name class id viewBox cx cy r d aria-hidden focusable scope open href",
	)
	decoder := xml.NewDecoder(strings.NewReader(strings.Replace(page, "<!DOCTYPE html>", "", 1)))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, []string{"meta"}, xml.HTMLEntity
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("got a page that cannot be read: %v", err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !slices.Contains(elements, element.Name.Local) {
			t.Errorf("got an element %s", element.Name.Local)
		}
		for _, attribute := range element.Attr {
			if !slices.Contains(attributes, attribute.Name.Local) {
				t.Errorf("got an attribute %s of %s", attribute.Name.Local, element.Name.Local)
			}
			if attribute.Name.Local == "href" &&
				!slices.Contains([]string{"#good", "#doubt", "#bad", "#unknown"}, attribute.Value) {
				t.Errorf("got an address %s", attribute.Value)
			}
		}
	}
}

// TestPageLoadsNothing compares the page with its own policy: one style sheet, named by its digest,
// and no address.
func TestPageLoadsNothing(t *testing.T) {
	t.Parallel()
	for name, sample := range samples() {
		page := rendered(t, report.HTML, sample)
		checkPage(t, page)
		policy := `<meta http-equiv="Content-Security-Policy" content="` + strings.ReplaceAll(
			strings.ReplaceAll(report.Policy(), "'", "&#39;"),
			"+",
			"&#43;",
		) + `">`
		if !strings.Contains(page, policy) || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: got no %s", name, policy)
		}
		style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
		if len(style) != 2 || !strings.Contains(report.Policy(), digestOf(style[1])) {
			t.Errorf("%s: got a style sheet that its policy does not know", name)
		}
		for _, bad := range []string{"@import", "url(", "://", "<script", "javascript:", " style="} {
			if strings.Contains(page, bad) && name != "hostile" {
				t.Errorf("%s: got %q in the page", name, bad)
			}
		}
	}
}
