package storage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"influxion/handler/internal/render"
	"influxion/handler/internal/render/page"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/storage"
)

// A template is the present version of the blob with its name. Its entity tag changes with each
// version.
func contractTemplates(t *testing.T, p place) {
	templates := storage.NewTemplates(p.open(t, p.token))
	var reader render.Templates = templates
	seen := map[string]bool{}
	for _, name := range []string{"a.html", "Rechnung für 2026/50%+x.html", "empty"} {
		text := "<p>" + name
		if name == "empty" {
			text = ""
			p.make(t, name)
		} else {
			p.make(t, name, text)
		}
		got, err := reader.Template(t.Context(), name)
		if err != nil || got.Content != text {
			t.Errorf("%s: got %q (%v), want %q", name, got.Content, err, text)
		}
		if got.ETag == "" || strings.Contains(got.ETag, `"`) || seen[got.ETag] {
			t.Errorf("%s: got the etag %q, want one of its own", name, got.ETag)
		}
		seen[got.ETag] = true
		var asked int64 = -1
		file, etag, err := reader.File(t.Context(), name, func(bytes int64) error { asked = bytes; return nil })
		if err != nil || string(file) != text || asked != int64(len(text)) {
			t.Errorf("%s: got the file %q of %d reserved bytes (%v), want %q", name, file, asked, err, text)
		}
		if etag != got.ETag {
			t.Errorf("%s: got the etag %q of the file, want %q, that of the same version", name, etag, got.ETag)
		}
	}
	full := errors.New("full")
	if _, _, err := reader.File(t.Context(), "a.html", func(int64) error { return full }); err != full {
		t.Errorf("got %v of a file for which there is no memory, want its error", err)
	}
	p.append(t, "a.html", "more")
	got, err := reader.Template(t.Context(), "a.html")
	if err != nil || got.Content != "<p>a.htmlmore" || seen[got.ETag] {
		t.Errorf("got %q with the etag %q (%v) after a change, want the new version", got.Content, got.ETag, err)
	}
	large := strings.Repeat("x", page.MaxTemplateBytes/2+1)
	p.make(t, "large", large, large, large)
	if got, err := reader.Template(t.Context(), "large"); err != nil || len(got.Content) != page.MaxTemplateBytes+1 {
		t.Errorf("got %d bytes of a template that is too long (%v), want what package page refuses", len(got.Content),
			err)
	}
	if err := templates.Ready(t.Context()); err != nil {
		t.Errorf("got %v from a container that can be read", err)
	}
}

// Names that no blob has, or that could lead out of the container, are unknown. A refusal by the
// container does not count as an unknown name.
func contractTemplateFaults(t *testing.T, p place) {
	p.make(t, "there", "text")
	templates := storage.NewTemplates(p.open(t, p.token))
	for _, name := range []string{"absent", "", "/", "/there", "there/", ".", "..", "../audit/there", "a/../there",
		"a/..", "./there", "a//b", "there.", `a\b`, "a\x00b", "a\nb", "\xff", "...", "a/.b", strings.Repeat("n", 256)} {
		for _, err := range reads(t.Context(), templates, name) {
			if fault := signing.AsError(err); fault.Kind != signing.NotFound || fault.Code != "template_not_found" {
				t.Errorf("%q: got %v, want template_not_found", name, err)
			}
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range reads(gone, templates, "there") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v for a caller that left, want its end", err)
		}
	}
	refused := storage.NewTemplates(p.open(t, "unknown"))
	p.url += "-missing"
	for name, templates := range map[string]*storage.Templates{"token": refused,
		"container": storage.NewTemplates(p.open(t, p.token))} {
		for _, err := range reads(t.Context(), templates, "there") {
			fault := signing.AsError(err)
			if fault.Kind != signing.Unavailable || fault.Code != "templates_unavailable" || fault.RetryAfter <= 0 {
				t.Errorf("%s: got %v, want templates_unavailable", name, err)
			}
			if strings.Contains(fault.Detail, "127.0.0.1") || strings.ContainsAny(fmt.Sprint(err), "\r\n") {
				t.Errorf("%s: got %q and %q, want no host, in one line", name, fault.Detail, err)
			}
		}
		if templates.Ready(t.Context()) == nil {
			t.Errorf("%s: got a container that is ready", name)
		}
	}
}

// reads are the errors of reading a template, and a file, of the name.
func reads(ctx context.Context, from render.Templates, name string) []error {
	_, template := from.Template(ctx, name)
	_, _, file := from.File(ctx, name, func(int64) error { return nil })
	return []error{template, file}
}
