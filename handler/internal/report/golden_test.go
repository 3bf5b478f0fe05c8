package report_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// forms are all renderings, by the ending of their golden files.
func forms() map[string]func(io.Writer, *pades.Report) error {
	return map[string]func(io.Writer, *pades.Report) error{
		".html": report.HTML, ".txt": report.Text,
		".terminal": func(w io.Writer, r *pades.Report) error {
			return report.Terminal(w, "contracts/supply.pdf", r, report.Paint{})
		},
	}
}

func rendered(t testing.TB, form func(io.Writer, *pades.Report) error, r *pades.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := form(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestGolden compares every sample in every form with testdata; -update writes testdata anew.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, sample := range samples() {
		for ending, form := range forms() {
			file := filepath.Join("testdata", name+ending)
			got := rendered(t, form, sample)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf(
					"%s: got another report than the golden one; look at it, then run with -update:\n%s",
					file,
					got,
				)
			}
		}
	}
}
