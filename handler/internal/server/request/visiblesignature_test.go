package request

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"influxion/handler/internal/signing"
)

// TestImage has an image in each form of request, and in ways that are refused.
func TestImage(t *testing.T) {
	t.Parallel()
	image := bytes.Repeat([]byte("image "), 50_000) // more than the rest of a form may have
	part := func(name, content string) string {
		return "--x\r\nContent-Disposition: form-data; name=" + name +
			"; filename=f\r\nContent-Type: image/png\r\n\r\n" + content + "\r\n"
	}
	document := strings.Replace(part("document", "%PDF"), "image/png", "application/pdf", 1)
	encoded := base64.StdEncoding.EncodeToString(image)
	const form, object = "multipart/form-data; boundary=x", mediaJSON
	for _, test := range []struct{ name, query, media, body, code string }{
		{"in a form", "", form, document + part("image", string(image)) + "--x--", ""},
		{"before the document", "", form, part("image", string(image)) + document + "--x--", ""},
		{"in JSON", "", object, `{"image":"` + encoded + `","document":"JVBERg=="}`, ""},
		{"null in JSON", "", object, `{"image":null,"document":"JVBERg=="}`, "none"},
		{"in the query", "image=abc", mediaPDF, "%PDF", "option_invalid"},
		{"twice", "", form, document + part("image", "a") + part("image", "b") + "--x--", "option_repeated"},
		{"twice in JSON", "", object, `{"image":"YQ==","image":"YQ==","document":"JVBERg=="}`, "option_repeated"},
		{"empty", "", form, document + part("image", "") + "--x--", "option_invalid"},
		{"empty in JSON", "", object, `{"image":"","document":"JVBERg=="}`, "option_invalid"},
		{"too large", "", form, document + part("image", strings.Repeat("x", maxImageBytes+1)) + "--x--",
			"option_invalid"},
		{"no base64", "", object, `{"image":"?","document":"JVBERg=="}`, "invalid_request"},
		{"a number", "", object, `{"image":1,"document":"JVBERg=="}`, "invalid_request"},
	} {
		got, err := read(small(), test.query, test.media, []byte(test.body))
		switch {
		case test.code == "none":
			if err != nil || got.options.image != nil {
				t.Errorf("%s: got %d bytes (%v), want no image", test.name, len(got.options.image), err)
			}
		case test.code != "":
			if err == nil || signing.AsError(err).Code != test.code {
				t.Errorf("%s: got %v, want %s", test.name, err, test.code)
			}
		case err != nil:
			t.Errorf("%s: got %v, want it read", test.name, err)
		default:
			request, err := got.options.request(got.document)
			if err != nil || request.Options.Appearance == nil ||
				!bytes.Equal(request.Options.Appearance.Image, image) || got.document.Size() != 4 {
				t.Errorf("%s: got %+v (%v), want the image and the document", test.name, request.Options.Appearance,
					err)
			}
		}
	}
}

// TestImageTakesItsPlace: a few kilobytes of PNG can be millions of pixels. Therefore the number of
// images is limited, not their bytes.
func TestImageTakesItsPlace(t *testing.T) {
	t.Parallel()
	s := small()
	choose := func(ctx context.Context) error {
		return newOptions(SignOptions()).chooseImage(ctx, strings.NewReader("image"), &s.memory.Share().Image)
	}
	for place := range maxImagesInFlight {
		if err := choose(t.Context()); err != nil {
			t.Fatalf("got %v for image %d, want a place for each of %d", err, place+1, maxImagesInFlight)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := choose(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v for one image more, want to wait", err)
	}
}
