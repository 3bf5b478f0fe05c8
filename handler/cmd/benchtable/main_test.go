package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, in string
		want     []string
		fails    bool
	}{
		{"limit and floor", "goos: linux\nBenchmarkSign/RSA-2048/100KB-2 \t 306\t 354 ns/op\t 1.30 ratio-limit\t " +
			"1.188 ratio\nBenchmarkPost-2 3 2 ns/op 0.7 ratio-floor 0.5 ratio\nPASS\n",
			[]string{"Sign/RSA-2048/100KB 1.19 ratio ≤ 1.30 yes", "Post 0.50 ratio ≥ 0.70 NO"}, false},
		{"nothing to claim", "BenchmarkSign-2 306 354 ns/op\n", nil, true},
		{"a failure", "BenchmarkSign-2 306 354 ns/op 1 ms 2 ms-limit\nFAIL\tpackage\n",
			[]string{"Sign 1.00 ms ≤ 2.00 yes"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			file := filepath.Join(t.TempDir(), "rows.json")
			err := run(strings.NewReader(test.in), &out, file)
			if (err != nil) != test.fails {
				t.Errorf("got %v, want an error: %v", err, test.fails)
			}
			got := strings.Join(strings.Fields(out.String()), " ")
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("got %s, want %q in it", got, want)
				}
			}
			var rows []row
			text, err := os.ReadFile(file)
			if err != nil || json.Unmarshal(text, &rows) != nil || len(rows) != len(test.want) {
				t.Fatalf("got %s and %v as JSON, want %d rows", text, err, len(test.want))
			}
			for i, r := range rows {
				if r.Holds != strings.HasSuffix(test.want[i], "yes") || (r.Limit == nil) == (r.Floor == nil) ||
					!strings.HasPrefix(test.want[i], r.Benchmark) {
					t.Errorf("got %+v as JSON, want %s", r, test.want[i])
				}
			}
		})
	}
}
