package guid_test

import (
	"regexp"
	"strings"
	"testing"

	"influxion/handler/internal/guid"
)

const sample = "0c1e5a52-6bd1-4d0f-9f9b-3a6f0e7d8c9A"

func TestValid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		sample: true, strings.ToUpper(sample): true, "00000000-0000-0000-0000-000000000000": true,
		"": false, "{" + sample + "}": false, "urn:uuid:" + sample: false, strings.ReplaceAll(sample, "-", ""): false,
		sample + "\n": false, " " + sample[1:]: false, sample[:35] + "g": false, strings.Replace(sample, "-", "0", 1): false,
		sample[:34] + "é": false, "-" + sample[1:]: false, sample[:7] + "--" + sample[9:]: false,
	} {
		if got := guid.Valid(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	one, other := guid.New(), guid.New()
	if one == other || !form.MatchString(one) || !guid.Valid(one) {
		t.Errorf("got %q and %q, want two GUIDs of version 4", one, other)
	}
}
