package reference_test

import (
	"strings"
	"testing"

	"influxion/handler/internal/render/reference"
	"influxion/handler/internal/signing"
)

func TestLanguage(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		`<!doctype html><meta charset="utf-8"><html lang="de-AT"><p lang="en">`: "de-AT",
		`<HTML LANG=' en '>`: "en",
		`<html>`:             "",
		`<p lang="fr">`:      "",
		`<!-- <html lang="de"> --><html lang="el">`: "el",
		`<title><html lang="de"></title><p>`:        "",
		"":                                          "",
		`<html xml:lang="de" lang="nl"><html lang=">`: "nl",
	} {
		if got := reference.Language([]byte(page)); got != want {
			t.Errorf("%s: got %q, want %q", page, got, want)
		}
	}
}

// An error names where the fault is: in the page, in css_template, or in which file.
func TestErrorsNameThePlace(t *testing.T) {
	t.Parallel()
	c := &reference.Checker{}
	const broken = "p{background:url('a\nb')}"
	for name, test := range map[string]struct {
		file, text string // "" = it is the page
		want       string
	}{
		"a style element": {"", "<style>" + broken + "</style>", "a style element has a string"},
		"css_template": {"", `<style data-part="css_template">` + broken + "</style>",
			"css_template has a string"},
		"another mark":  {"", `<style data-part="x">` + broken + "</style>", "a style element has a string"},
		"a style sheet": {"a.css", broken, "the style sheet a.css has a string"},
		"styles of a drawing": {"a.svg", "<svg><style>" + broken + "</style></svg>",
			"a style element of the file a.svg has"},
		"a missing file": {"a.css", "p{background:url(b.png)}", `the style sheet a.css refers to "b.png"`},
		"of a drawing": {"a.svg", `<svg><image href="b.png"/></svg>`,
			`the attribute href of an element image of the file a.svg refers to "b.png"`},
		"a script of the page":  {"", `<script>`, "the page has a script"},
		"a script of a drawing": {"a.svg", `<svg><script>`, "the file a.svg has a script"},
	} {
		err := c.HTML([]byte(test.text))
		if test.file != "" {
			err = c.File(test.file, []byte(test.text))
		}
		if err == nil || !strings.HasPrefix(signing.AsError(err).Detail, test.want) {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
}
