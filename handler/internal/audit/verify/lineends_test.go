package verify_test

import (
	"strings"
	"testing"

	"influxion/handler/internal/audit/verify"
)

// A file stays complete when it passes through Windows. A container's content has passed through
// nothing, so it gets no such tolerance.
func TestFileFromWindows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := strings.Join(w.write(t, 20, true), "")
	for name, changed := range map[string]string{
		"CR LF":                      strings.ReplaceAll(text, "\n", "\r\n"),
		"a mark":                     "\ufeff" + text,
		"both, and no end of a line": "\ufeff" + strings.TrimSuffix(strings.ReplaceAll(text, "\n", "\r\n"), "\r\n"),
	} {
		for _, stored := range []bool{false, true} { // in a container
			log := &verify.Log{Roots: w.roots}
			var err error
			if stored {
				err = log.AddGrowing("log", strings.NewReader(changed), int64(len(changed)))
			} else {
				err = log.Add("log", strings.NewReader(changed))
			}
			if err != nil {
				t.Fatal(err)
			}
			if report := log.Report(); (len(report.Findings) > 0) != stored || report.Records == 0 {
				t.Errorf("%s, of a container: %t: got %d records and %v", name, stored, report.Records, report.Findings)
			}
		}
	}
}
