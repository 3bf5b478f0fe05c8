package pdf_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

func TestUpdate(t *testing.T) {
	t.Parallel()
	for name, data := range files() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			once, added := update(t, data)
			f := open(t, once)
			wantObject(t, f, pdf.Ref{Number: 4}, "<</Set [1 2.50 (x)]>>")
			wantObject(t, f, added, "<</Contents <00FF>/New true>>")
			if got, want := f.Sections()[0].Kind == pdf.KindStream, open(t, data).Sections()[0].Kind == pdf.KindStream; got != want {
				t.Errorf("newest section is a stream: got %v, want %v", got, want)
			}
			twice, second := update(t, once)
			f = open(t, twice)
			wantObject(t, f, second, "<</Contents <00FF>/New true>>")
			if second == added {
				t.Errorf("number %d was given twice", second.Number)
			}
			if name != "offsets from start" { // qpdf counts from the header only, and repairs this one with or without update
				qpdfCheck(t, twice)
			}
		})
	}
}

// update sets object 4 and adds another with a hole.
func update(t *testing.T, data []byte) ([]byte, pdf.Ref) {
	t.Helper()
	u := open(t, data).NewUpdate()
	hole := &pdf.Hole{Text: []byte("<00FF>")}
	u.Set(pdf.Ref{Number: 4}, pdf.Dict{"Set": pdf.Array{pdf.Integer(1), pdf.Real("2.50"), pdf.String("x")}})
	added := u.Add(pdf.Dict{"New": true, "Contents": hole})
	increment, err := u.Bytes([]byte("seed"))
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	whole := append(bytes.Clone(data), increment...)
	if !bytes.HasPrefix(whole[hole.Offset:], hole.Text) {
		t.Fatalf("hole: got %q at offset %d", whole[hole.Offset:hole.Offset+6], hole.Offset)
	}
	start, end, err := open(t, whole).Span(added, "Contents")
	if err != nil || start != hole.Offset || end != hole.Offset+6 {
		t.Fatalf("span: got %d, %d, %v, want %d, %d", start, end, err, hole.Offset, hole.Offset+6)
	}
	return whole, added
}

// qpdfCheck asks a reader that is not ours, where it is installed.
func qpdfCheck(t *testing.T, data []byte) {
	t.Helper()
	qpdf, err := exec.LookPath("qpdf")
	if err != nil {
		t.Log("qpdf is not installed: its opinion is left out")
		return
	}
	path := filepath.Join(t.TempDir(), "file.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), qpdf, "--check", path).CombinedOutput(); err != nil {
		t.Errorf("qpdf: %v\n%s", err, out)
	}
}
