package pdf_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"influxion/handler/internal/pades/pdf"
)

// decoded opens a file and decodes its object 4.
func decoded(t *testing.T, data []byte) ([]byte, error) {
	t.Helper()
	f := open(t, data)
	stream, err := f.Stream(pdf.Ref{Number: 4})
	if err != nil {
		return nil, err
	}
	return f.Decode(stream)
}

func TestDecode(t *testing.T) {
	t.Parallel()
	text := []byte("hello hello hello")
	png := []byte{
		0, 10, 20, 30, 40, // none
		1, 10, 20, 30, 40, // sub
		2, 10, 20, 30, 40, // up
		3, 10, 20, 30, 40, // average
		4, 10, 20, 30, 40, // Paeth
		2, 1, 2, // cut off
	}
	unpng := []byte{
		10, 20, 30, 40,
		10, 20, 40, 60,
		20, 40, 70, 100,
		20, 40, 75, 110,
		30, 60, 105, 150,
		31, 62,
	}
	tests := []struct {
		name string
		dict string
		data []byte
		want []byte
	}{
		{"no filter", "", text, text},
		{"empty", "", nil, nil},
		{"Flate", "/Filter /FlateDecode", deflate(text), text},
		{"abbreviated", "/Filter [/Fl]", deflate(text), text},
		{"Flate without checksum", "/Filter /FlateDecode", deflate(text)[:len(deflate(text))-4], text},
		{"Flate twice", "/Filter [/FlateDecode /FlateDecode]", deflate(deflate(text)), text},
		{"hexadecimal", "/Filter /ASCIIHexDecode", []byte("68 65\n6C6c6F7>"), []byte("hellop")},
		{"ASCII85", "/Filter /ASCII85Decode", []byte("BOu!r\nDZ~>"), []byte("hello")},
		{"ASCII85 of Flate", "/Filter [/AHx /FlateDecode]", []byte(fmt.Sprintf("%x>", deflate(text))), text},
		{"PNG predictors", "/Filter /FlateDecode /DecodeParms <</Predictor 15 /Colors 2 /Columns 2>>", deflate(png),
			unpng},
		{"Paeth prefers the left in a tie", "/Filter /FlateDecode /DecodeParms <</Predictor 14 /Columns 2>>",
			deflate([]byte{0, 10, 15, 4, 246, 1}), []byte{10, 15, 0, 1}},
		{"TIFF predictor", "/Filter /FlateDecode /DecodeParms [<</Predictor 2 /Columns 4>>]",
			deflate([]byte{1, 2, 3, 4, 250, 10, 1, 1}), []byte{1, 3, 6, 10, 250, 4, 5, 6}},
		{"TIFF predictor of 16 bits", "/Filter /FlateDecode /DecodeParms <</Predictor 2 /Columns 2 " +
			"/BitsPerComponent 16>>", deflate([]byte{1, 255, 0, 1}), []byte{1, 255, 2, 0}},
		{"predictor 1", "/Filter /FlateDecode /DecodeParms <</Predictor 1 /Columns 4>>", deflate(text), text},
		{"parameters null", "/Filter [/FlateDecode] /DecodeParms [null]", deflate(text), text},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := decoded(t, withStream(test.dict, test.data))
			if err != nil || !bytes.Equal(got, test.want) {
				t.Fatalf("got %q (%v), want %q", got, err, test.want)
			}
		})
	}
}

func TestStreamLength(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 8192) // endstream lies across the blocks of the search
	tests := []struct{ name, body, want string }{
		{"right", "<</Length 3>>\nstream\nabc\nendstream", "abc"},
		{"right, CR LF", "<</Length 3>>\r\nstream\r\nabc\r\nendstream", "abc"},
		{"right, CR alone", "<</Length 3>>\rstream\rabc\rendstream", "abc"},
		{"right, no line end", "<</Length 3>>stream\nabcendstream", "abc"},
		{"right, with endstream within", "<</Length 13>>stream\nab endstream \nendstream", "ab endstream "},
		{"spaces behind the keyword", "<</Length 3>> stream  \r\nabc\nendstream", "abc"},
		{"indirect", "<</Length 5 0 R>>stream\nabc\nendstream", "abc"},
		{"indirect and missing", "<</Length 9 0 R>>stream\nabc\nendstream", "abc"},
		{"absent", "<<>>stream\nabc\r\nendstream", "abc"},
		{"too short", "<</Length 1>>stream\nabc\nendstream", "abc"},
		{"too long", "<</Length 30>>stream\nabc\nendstream", "abc"},
		{"behind the file", "<</Length 2147483648>>stream\nabc\nendstream", "abc"},
		{"overflowing", "<</Length 9223372036854775807>>stream\nabc\nendstream", "abc"},
		{"searched far", "<</Length 1>>stream\n" + long[3:] + "\nendstream", long[3:]},
		{"searched empty", "<<>>stream\nendstream", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := body(newBuilder())
			b.object(4, test.body)
			b.object(5, "3")
			data := b.table("").Bytes()
			got, err := decoded(t, data)
			if err != nil || string(got) != test.want {
				t.Fatalf("got %.20q (%v), want %.20q", got, err, test.want)
			}
			f := open(t, data)
			stream, _ := f.Stream(pdf.Ref{Number: 4})
			raw, err := f.Raw(stream)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(raw); err != nil || string(got) != test.want {
				t.Fatalf("raw: got %.20q (%v), want %.20q", got, err, test.want)
			}
		})
	}
}

// decodeWithin decodes stream 4, and returns only the error of decoding.
func decodeWithin(t *testing.T, data []byte, limits pdf.Limits) error {
	t.Helper()
	f, err := pdf.Open(t.Context(), bytes.NewReader(data), limits)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := f.Stream(pdf.Ref{Number: 4})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Decode(stream)
	return err
}

func TestDecodedStream(t *testing.T) {
	t.Parallel()
	for size, fits := range map[int]bool{1000: true, 1001: false} {
		for form, data := range map[string][]byte{
			"deflated": withStream("/Filter /FlateDecode", bomb(size)), "plain": withStream("", make([]byte, size)),
		} {
			if err := decodeWithin(t, data, pdf.Limits{Decoded: 1000}); (err == nil) != fits {
				t.Errorf("%d bytes, %s: got error %v, want fits = %v", size, form, err, fits)
			}
		}
	}
	if _, err := open(t, withStream("", nil)).Extent(pdf.NewStream(pdf.Dict{}, []byte("data"))); err == nil {
		t.Error("got an extent in the file for a stream that is not from it")
	}
}

// Rows have a price of their own. Otherwise a predictor with rows of one byte would take more time
// than its bytes cost.
func TestPredictorRows(t *testing.T) {
	t.Parallel()
	for columns, fits := range map[int]bool{1000: true, 1: false} {
		data := withStream(fmt.Sprintf("/Filter /FlateDecode /DecodeParms <</Predictor 12 /Columns %d>>", columns),
			bomb(100_000))
		if err := decodeWithin(t, data, pdf.Limits{Work: 300_000}); (err == nil) != fits {
			t.Errorf("rows of %d bytes: got error %v, want fits = %v", columns, err, fits)
		}
	}
}

// The output of filters is bounded over the life of a File, not only for one stream.
func TestInflatedInTotal(t *testing.T) {
	t.Parallel()
	data := withStream("/Filter /FlateDecode", bomb(1000))
	f, err := pdf.Open(t.Context(), bytes.NewReader(data), pdf.Limits{Inflated: 2500})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := f.Stream(pdf.Ref{Number: 4})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := f.Decode(stream); err != nil {
			t.Fatalf("within the limit: %v", err)
		}
	}
	_, err = f.Decode(stream)
	wantFault(t, err, pdf.TooComplex)
}
