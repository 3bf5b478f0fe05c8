package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/report"
)

func digestOf(style string) string {
	digest := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'"
}

// inOrder fails unless the texts occur one after the other.
func inOrder(t *testing.T, name, got string, wanted ...string) {
	t.Helper()
	at := 0
	for _, want := range wanted {
		i := strings.Index(got[at:], want)
		if i < 0 {
			t.Errorf("%s: got no %q behind the others in\n%s", name, want, got)
			return
		}
		at += i + len(want)
	}
}

// TestOrder checks the order: the verdict, the three answers, the document, each signature with its
// three answers, and details last.
func TestOrder(t *testing.T) {
	t.Parallel()
	for name, sample := range samples() {
		if len(sample.Signatures) == 0 {
			continue
		}
		word := map[pades.Indication]string{pades.TotalPassed: "Valid", pades.TotalFailed: "Not valid",
			pades.Indeterminate: "Not confirmed"}[sample.Verdict.Indication]
		wanted := []string{word, "Content", "Signer", "Afterwards", "SHA-256"}
		for i := range sample.Signatures {
			wanted = append(
				wanted,
				fmt.Sprintf("%d. ", i+1),
				"Content",
				"Signer",
				"Afterwards",
				"About the signature",
			)
		}
		wanted = append(wanted, sample.Verifier)
		if name == "hostile" {
			wanted = wanted[:len(wanted)-1]
		}
		inOrder(t, name, body(rendered(t, report.HTML, sample)), wanted...)
		wanted[0] = strings.ToUpper(word)
		inOrder(t, name, rendered(t, report.Text, sample), wanted...)
	}
}

// body is a page without its head.
func body(page string) string { return page[strings.Index(page, "<body>"):] }

// With an unknown root a reader sees at a glance that nothing was tampered with: the first lines
// say so, separately from the signer.
func TestUnknownRoot(t *testing.T) {
	t.Parallel()
	for name, form := range forms() {
		got := rendered(t, form, unknownRoot())
		if name == ".html" {
			got = regexp.MustCompile(`(?s)<[^>]*>`).ReplaceAllString(body(got), " ")
		}
		got = strings.Join(strings.Fields(got), " ")
		inOrder(
			t,
			name,
			got,
			"igned content intact",
			"Content Intact. Nothing that was signed has been altered.",
			"Signer Not trusted.",
			"says nothing against the content",
			"Afterwards Nothing changed.",
		)
		if strings.Contains(got, "Signed by Jane Doe") || !strings.Contains(got, "in the name of “Jane Doe”") {
			t.Errorf("%s: got the signer's name as a fact, want a claim:\n%s", name, got)
		}
	}
}

// TestFirstLines checks that what a reader must not miss comes before the first details.
func TestFirstLines(t *testing.T) {
	t.Parallel()
	for name, wanted := range map[string][]string{
		"comments": {"2 comments added", "text box on page 1 and highlight on page 3",
			"This signature does not cover them, and they can hide what was signed"},
		"forbidden": {"Document changed, not permitted", "revisions 2 and 3", "“Price” and “Date of delivery”"},
		"unjudged": {"1 thing in this file looks like a signature and was not judged",
			"(object 41, at byte 98,213)"},
		"tampered":      {"Not intact", "the document has been changed since it was signed"},
		"limit":         {"Not checked", "a limit of this verifier (comparison_work)"},
		"not-evaluated": {"Not checked", "GOST R 34.10-2012 with 34.11-2012 (256 bits) (1.2.643.7.1.1.3.2)"},
		"several":       {"2 signatures added"},
		"unsigned":      {"This document has no signature."},
	} {
		for form, write := range forms() {
			got := rendered(t, write, samples()[name])
			for _, want := range wanted {
				i, details := strings.Index(got, want), strings.Index(got, "About the signature")
				if i < 0 && !(name == "unsigned" && form == ".terminal") || details >= 0 && i > details {
					t.Errorf("%s%s: got no %q in the first lines of\n%s", name, form, want, got)
				}
			}
		}
	}
}

// Every value that a member can have has words of its own.
func TestEveryStateHasWords(t *testing.T) {
	t.Parallel()
	for _, change := range []pades.Change{pades.ChangeNone, pades.ChangeDSS, pades.ChangeMetadata,
		pades.ChangeSignature, pades.ChangeFormFilling,
		pades.ChangeAnnotation, pades.ChangeOther, pades.ChangeNotEvaluated} {
		for _, integrity := range []pades.Integrity{pades.IntegrityIntact, pades.IntegrityBroken,
			pades.IntegrityNotEvaluated} {
			for _, trust := range []pades.SignerTrust{pades.SignerTrusted, pades.SignerNotTrusted,
				pades.SignerIndeterminate, pades.SignerTrustNotEvaluated} {
				s := signed("Signature1", jane, "1")
				s.ChangesAfter, s.Integrity, s.Trust = change, integrity, trust
				if got := rendered(t, report.Text, about("", s)); strings.Contains(got, "Unknown") {
					t.Errorf("got no words for %s, %s, %s:\n%s", change, integrity, trust, got)
				}
			}
		}
	}
	// This is the report of a service that does not tell content, signer and changes apart.
	s := signed("Signature1", jane, "1")
	s.ChangesAfter, s.Integrity, s.Trust = "", "", ""
	if got := rendered(
		t,
		report.Text,
		about("", s),
	); strings.Count(got, "Unknown") != 6 || strings.Contains(got, "Intact") ||
		strings.Contains(got, "rusted.") {
		t.Errorf("got %s, want nothing claimed", got)
	}
}

func TestPlurals(t *testing.T) {
	t.Parallel()
	one, two := comments(), comments()
	one.Revisions[1].Added = one.Revisions[1].Added[:1]
	two.Unjudged = make([]pades.Unjudged, 2)
	one.Unjudged = make([]pades.Unjudged, 1)
	two.Signatures = append(two.Signatures, signed("b", clerk, "2"))
	two.Summary = pades.Summarize(two.Signatures)
	for form, write := range forms() {
		for _, test := range []struct {
			report *pades.Report
			wanted []string
		}{
			{one,
				[]string{"1 comment added", "This signature does not cover it, ",
					"1 thing in this file looks like a signature and was not"}},
			{two, []string{"2 comments added", "This signature does not cover them, ",
				"2 things in this file look like signatures and were not"}},
		} {
			got := rendered(t, write, test.report)
			for _, want := range test.wanted {
				if !strings.Contains(got, want) {
					t.Errorf("%s: got no %q in\n%s", form, want, got)
				}
			}
		}
	}
	for want, r := range map[string]*pades.Report{"0 of 1 signature passed": one, "1 of 2 signatures passed": two,
		"5 of 5 signatures and timestamps passed": several()} {
		if got := rendered(t, forms()[".terminal"], r); !strings.Contains(got, want) {
			t.Errorf("got no %q in %s", want, got)
		}
	}
}

// A report lists so many additions, and then does not claim that there are no others.
func TestAdditionsThatAreCut(t *testing.T) {
	t.Parallel()
	for count, cut := range map[int]bool{pades.MaxAdditions - 1: false, pades.MaxAdditions: true} {
		r := comments()
		r.Revisions[1].Added = make([]pades.Addition, count)
		for i := range r.Revisions[1].Added {
			r.Revisions[1].Added[i] = pades.Addition{Page: i + 1, Kind: "Text"}
		}
		for form, write := range forms() {
			got := rendered(t, write, r)
			if !strings.Contains(got, fmt.Sprintf("%d comments added", count)) ||
				strings.Contains(got, "At least 100 comments added") != cut {
				t.Errorf("%s: got the number of %d comments wrong in\n%s", form, count, got)
			}
			if strings.Contains(got, "HISTORY") && strings.Contains(got, "there may be more") != cut {
				t.Errorf("%s: got no word that others of %d are not listed in\n%s", form, count, got)
			}
		}
	}
}

func TestDocumentName(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"": "", ".": "", "..": "", "/": "", "a.pdf": "a.pdf", "/home/me/a b.pdf": "a b.pdf", `C:\Users\me\a.pdf`: "a.pdf", `..\..\a.pdf`: "a.pdf", "a/": "a",
		"Vertrag Müller 日本.pdf": "Vertrag Müller 日本.pdf", "fdp\u202e.exe": "fdp\uFFFD.exe",
		"a\x00b\n.pdf": "a\uFFFDb\uFFFD.pdf", "a\xff": "a\uFFFD",
		strings.Repeat("ä", 300): strings.Repeat("ä", 254) + "…",
	} {
		if got := report.DocumentName(given); got != want {
			t.Errorf("got %q for %q, want %q", got, given, want)
		}
	}
}

// TestContrast checks that every colour of the style sheet is readable on its background: WCAG 2.2,
// 1.4.3 and 1.4.11.
func TestContrast(t *testing.T) {
	t.Parallel()
	style, err := os.ReadFile("report.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`:root \{[^}]*\}`).FindAllString(string(style), -1)
	if len(blocks) != 3 {
		t.Fatalf("got %d sets of colours, want light, dark and paper", len(blocks))
	}
	for _, block := range blocks {
		colours := map[string]float64{}
		for _, pair := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]+)`).FindAllStringSubmatch(block, -1) {
			colours[pair[1]] = luminance(t, pair[2])
		}
		for _, pair := range [][2]string{{"ink", "paper"}, {"ink", "ground"}, {"soft", "paper"}, {"soft", "ground"},
			{"ink", "good-ground"}, {"ink", "doubt-ground"},
			{"ink", "bad-ground"}, {"ink", "unknown-ground"}, {"good", "good-ground"}, {"doubt", "doubt-ground"},
			{"bad", "bad-ground"},
			{"unknown", "unknown-ground"}, {"good", "paper"}, {"doubt", "paper"}, {"bad", "paper"},
			{"unknown", "paper"}} {
			a, b := colours[pair[0]], colours[pair[1]]
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
				t.Errorf("got a contrast of %.1f for %s on %s in %s, want 4.5", ratio, pair[0], pair[1], block)
			}
		}
	}
}

// luminance is the relative luminance of WCAG 2.2 for a colour in the form #rgb or #rrggbb.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	digits := colour[1:]
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		value, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		if channel := float64(value) / 255; channel <= 0.04045 {
			sum += weight * channel / 12.92
		} else {
			sum += weight * math.Pow((channel+0.055)/1.055, 2.4)
		}
	}
	return sum
}

// Colour and sign agree with the word: an answer that needs a decision never looks good.
func TestStates(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][3]report.State{
		"valid":         {report.Good, report.Good, report.Good},
		"unknown-root":  {report.Good, report.Doubt, report.Good},
		"comments":      {report.Good, report.Good, report.Doubt},
		"forbidden":     {report.Good, report.Good, report.Bad},
		"tampered":      {report.Bad, report.Unknown, report.Unknown},
		"not-evaluated": {report.Unknown, report.Unknown, report.Unknown},
		"limit":         {report.Good, report.Good, report.Unknown},
	} {
		page := rendered(t, report.HTML, samples()[name])
		lines := regexp.MustCompile(`<strong class="([a-z]+)">`).FindAllStringSubmatch(page, 3)
		for i, line := range lines {
			if report.State(line[1]) != want[i] {
				t.Errorf("%s: got %s for answer %d, want %s", name, line[1], i+1, want[i])
			}
		}
		if signs := strings.Count(page, `<use href="#`+string(want[2])+`"/>`); len(lines) != 3 || signs < 2 {
			t.Errorf("%s: got %d answers and %d signs, want three with a sign each", name, len(lines), signs)
		}
	}
}

// A reason with several parts is split. Each part appears once, where it belongs.
func TestReasonsAreToldOnce(t *testing.T) {
	t.Parallel()
	r := comments()
	s := &r.Signatures[0]
	s.Trust, s.TrustDetail = pades.SignerNotTrusted, "no chain leads to a trust anchor"
	s.Detail = s.TrustDetail + "; 2 comments were added by somebody"
	for name, form := range forms() {
		got, _, _ := strings.Cut(rendered(t, form, r), "About the signature")
		for _, once := range []string{"No chain leads to a trust anchor", "2 comments were added by somebody"} {
			if strings.Count(got, once) != 1 {
				t.Errorf("%s: got %d of %q, want one in\n%s", name, strings.Count(got, once), once, got)
			}
		}
	}
}
