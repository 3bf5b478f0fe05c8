package suggestion_test

import (
	"slices"
	"testing"

	"influxion/handler/cmd/influxion/internal/suggestion"
)

// A word that names begin with stands for these; another one for those with the fewest mistakes in
// it, if they are few for its length.
func TestSimilar(t *testing.T) {
	t.Parallel()
	names := []string{"level", "location", "page", "box", "text", "no-text"}
	for word, want := range map[string][]string{
		"": nil, "l": nil, "lo": {"location"}, "lvel": {"level"}, "elvel": {"level"}, "levels": {"level"},
		"LEVLE": {"level"},
		"pgae":  {"page"}, "bxo": {"box"}, "tex": {"text"}, "ab": nil, "abc": nil, "notext": {"no-text"},
	} {
		if got := suggestion.Similar(word, names); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", word, got, want)
		}
	}
}
