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
	const ratios = "BenchmarkSign-2 306 354 ns/op 1.30 ratio-limit 1.188 ratio\nBenchmarkPost-2 3 2 ns/op 0.7 " +
		"ratio-floor 0.5 ratio\n"
	for _, test := range []struct {
		name, in string
		kept     figures
		want     []string // rows
		err      string   // "" = none
	}{
		{"limit and floor", "goos: linux\nBenchmarkSign/RSA-2048/100KB-2 \t 306\t 354 ns/op\t 1.30 ratio-limit\t " +
			"1.188 ratio\nBenchmarkPost-2 3 2 ns/op 0.7 ratio-floor 0.5 ratio\nPASS\n",
			figures{"Sign/RSA-2048/100KB ratio": 1, "Post ratio": 0.59},
			[]string{"Sign/RSA-2048/100KB 1.19 ratio ≤ 1.30 yes 1.00", "Post 0.50 ratio ≥ 0.70 NO 0.59"}, ""},
		{"nothing to claim", "BenchmarkSign-2 306 354 ns/op\n", nil, nil, "none reported a claim"},
		{"a failure", "BenchmarkSign-2 306 354 ns/op 1 ms 2 ms-limit\nFAIL\tpackage\n", nil,
			[]string{"Sign 1.00 ms ≤ 2.00 yes"}, "a benchmark failed"},
		{"a loss below a limit", ratios, figures{"Sign ratio": 0.98, "Post ratio": 0.5},
			[]string{"Sign 1.19 ratio ≤ 1.30 yes 0.98 LOST", "Post 0.50 ratio ≥ 0.70 NO 0.50"},
			"Sign ratio: got 1.19, and 0.98 is kept"},
		{"a loss above a floor", ratios, figures{"Sign ratio": 1.2, "Post ratio": 0.61},
			[]string{"Sign 1.19 ratio ≤ 1.30 yes 1.20", "Post 0.50 ratio ≥ 0.70 NO 0.61 LOST"},
			"Post ratio: got 0.5, and 0.61 is kept"},
		{"a loss without a claim", "BenchmarkSign-2 3 1.3 passes\n", figures{"Sign passes": 1},
			[]string{"Sign 1.30 passes 1.00 LOST"}, "Sign passes: got 1.3, and 1 is kept"},
		{"a ratio that nobody keeps", ratios, figures{"Post ratio": 0.5},
			[]string{"Sign 1.19 ratio ≤ 1.30 yes", "Post 0.50 ratio ≥ 0.70 NO 0.50"}, `add "Sign ratio": 1.19 to kept.json`},
		{"a ratio that nobody claims or keeps", "BenchmarkSign-2 3 0.07 ratio\nBenchmarkPost-2 3 2 µs/call\n", nil,
			[]string{"Sign 0.07 ratio"}, `add "Sign ratio": 0.07 to kept.json`},
		{"what no ratio is", "BenchmarkSign-2 3 1 ms 2 ms-limit 3 ms-beside 2 ms-beside-limit 4 µs/call " +
			"5 µs/call-limit 1.05 size-exponent 1.1 size-exponent-limit\n", nil,
			[]string{"Sign 1.00 ms ≤ 2.00 yes", "Sign 3.00 ms-beside ≤ 2.00 NO", "Sign 1.05 size-exponent ≤ 1.10 yes",
				"Sign 4.00 µs/call ≤ 5.00 yes"}, ""},
		{"a benchmark that is gone", ratios, figures{"Sign ratio": 1.2, "Post ratio": 0.5, "Verify ratio": 1},
			[]string{"Sign 1.19 ratio ≤ 1.30 yes 1.20", "Post 0.50 ratio ≥ 0.70 NO 0.50"},
			"Verify ratio: was not measured, and 1 is kept"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			file := filepath.Join(t.TempDir(), "rows.json")
			err := run(strings.NewReader(test.in), &out, file, test.kept)
			if (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			got := strings.Join(strings.Fields(out.String()), " ") + " "
			for _, want := range test.want {
				if !strings.Contains(got, want+" ") {
					t.Errorf("got %s, want %q in it", got, want)
				}
			}
			checkJSON(t, file, test.want)
		})
	}
}

// checkJSON compares a file of rows with the rows of the table.
func checkJSON(t *testing.T, file string, want []string) {
	t.Helper()
	var rows []row
	text, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(text, &rows) != nil || len(rows) != len(want) {
		t.Fatalf("got %s and %v as JSON, want %d rows", text, err, len(want))
	}
	for i, r := range rows {
		if r.Holds == strings.Contains(want[i], " NO") || r.lost() != strings.HasSuffix(want[i], " LOST") ||
			!strings.HasPrefix(want[i], r.Benchmark+" ") || !strings.Contains(want[i]+" ", " "+r.Unit+" ") {
			t.Errorf("got %+v as JSON, want %s", r, want[i])
		}
	}
}

// Only ratios are kept as figures.
func TestKeptFigures(t *testing.T) {
	t.Parallel()
	kept, err := readKept(keptFigures)
	if err != nil || len(kept) == 0 {
		t.Fatalf("got %v and %v, want figures", kept, err)
	}
	for name, figure := range kept {
		benchmark, unit, ok := strings.Cut(name, " ")
		if !ok || !(row{Benchmark: benchmark, Unit: unit}).isRatio() || figure <= 0 {
			t.Errorf("got %q: %v, want a benchmark, a ratio's unit and a figure", name, figure)
		}
	}
	if _, err := readKept([]byte("{")); err == nil {
		t.Error("got no error of a file that is cut off")
	}
}
