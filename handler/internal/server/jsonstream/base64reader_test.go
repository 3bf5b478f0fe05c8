package jsonstream

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"influxion/handler/internal/signing"
)

// decode reads the base64 of a JSON string whose opening quotation mark has been read.
func decode(in io.Reader, buffer int) ([]byte, error) {
	return io.ReadAll(newBase64Reader(&stringReader{in: bufio.NewReaderSize(in, buffer)}, "document"))
}

// TestBase64 decodes what encoders of many kinds write, in buffers that cut it anywhere.
func TestBase64(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 2, 3, 4, 5, 6, 7, 47, 48, 57, 100, 5000} {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(random.Uint32())
		}
		plain := base64.StdEncoding.EncodeToString(content)
		for name, text := range map[string]string{
			"plain": plain, "lines of 76": lines(plain, 76, `\r\n`), "lines of 64": lines(plain, 64, `\n`),
			"lines of 5":          lines(plain, 5, `\u000a`),
			"escaped":             strings.NewReplacer("/", `\/`, "+", `\u002B`, "A", `\u0041`).Replace(plain),
			"breaks at both ends": `\n` + plain + `\n\n`,
		} {
			for _, buffer := range []int{16, 17, 64, 32 << 10} {
				for reading, in := range map[string]io.Reader{
					"whole": strings.NewReader(text + `"`), "bytes": iotest.OneByteReader(strings.NewReader(text +
						`"`)),
				} {
					got, err := decode(in, buffer)
					if err != nil || !bytes.Equal(got, content) {
						t.Errorf("%s, %s, buffer of %d: got %d bytes (%v), want %d", name, reading, buffer, len(got),
							err, size)
					}
				}
			}
		}
	}
}

func lines(text string, length int, end string) string {
	var out strings.Builder
	for len(text) > length {
		out.WriteString(text[:length] + end)
		text = text[length:]
	}
	return out.String() + text
}

// TestBase64Refused has each fault at each position of a group, and far into plain groups.
func TestBase64Refused(t *testing.T) {
	t.Parallel()
	for _, before := range []int{0, 1, 2, 7, 8, 9, 100} {
		for _, bad := range []string{
			"A", "AA", "AAA", "=", "A=", "AA=", "A===", "====", "AA=A", "AAA=A", "AAA=AAAA", "AA==AAAA", "AAA==",
			"AA===", `AA==\n\nA`, "AA A", "AAA ", "AA-A",
			"AA_A", "AA.A", `AA\tA`, `AA\u0000A`, `AA\u00e4A`, "AAÄA",
		} {
			got, err := decode(strings.NewReader(strings.Repeat("AAAA", before)+bad+`"`), 32<<10)
			if fault := signing.AsError(err); err == nil || fault.Kind != signing.InvalidRequest ||
				!strings.Contains(fault.Detail, "document") {
				t.Errorf("%d groups and %q: got %d bytes (%v), want an error of the document", before, bad, len(got),
					err)
			}
		}
	}
}

// FuzzBase64 decodes any string. The result is that of encoding/base64, wherever reads and buffers
// end.
func FuzzBase64(f *testing.F) {
	seeds := []string{"", "AAAA", "AA==", "QUJDREVGR0g=", "QUJDREVG\nR0hJ", "A", "AA=A", "====",
		"AAAAAAAAAAAAAAAA=AAA", "\x00\xff"}
	if len(seeds) == 0 {
		f.Fatal("got no seeds, want some")
	}
	for _, seed := range seeds {
		f.Add(seed, uint8(0))
		f.Add(strings.Repeat("AAAA", 20)+seed, uint8(40))
	}
	f.Fuzz(func(t *testing.T, text string, buffer uint8) {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' || r == '"' || r == '\\' }) {
			return // these are the string's own matter
		}
		in := strings.ReplaceAll(text, "\n", `\n`) + `"`
		got, err := decode(strings.NewReader(in), 16+int(buffer))
		want, wantErr := base64.StdEncoding.DecodeString(text)
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Errorf("got %q (%v), want %q (%v)", got, err, want, wantErr)
		}
	})
}
