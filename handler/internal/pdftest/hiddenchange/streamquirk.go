package hiddenchange

import (
	"bytes"
	"compress/lzw"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// streamQuirks are quirks in a cross-reference stream: ISO 32000-2, 7.5.8.
func streamQuirks() []quirk {
	framed := func(frame func(dict, data string) string) func(*crossStream) {
		return func(c *crossStream) { c.frame = frame }
	}
	reframed := func(old, new string) func(*crossStream) {
		return framed(func(dict, data string) string {
			return strings.Replace(dict+"\nstream\n"+data+"\nendstream", old, new, 1)
		})
	}
	rows := func(more func([]row) []row) func(*crossStream) { return func(c *crossStream) { c.rows = more } }
	extra := func(text string) func(*crossStream) { return func(c *crossStream) { c.more += " " + text } }
	changes := map[string]func(*crossStream){
		"wide fields":          func(c *crossStream) { c.widths = [3]int{2, 8, 4} },
		"no type field":        func(c *crossStream) { c.widths = [3]int{0, 4, 2} },
		"no third field":       func(c *crossStream) { c.widths = [3]int{1, 4, 0} },
		"fields of nine bytes": func(c *crossStream) { c.widths = [3]int{1, 9, 2} },
		"four fields": framed(func(dict, data string) string {
			return strings.Replace(dict, "4 2]", "4 2 0]", 1) + "\nstream\n" + data + "\nendstream"
		}),
		"no widths":                      reframed("/W [1 4 2]", ""),
		"widths twice":                   extra("/W [1 3 3]"),
		"no index":                       func(c *crossStream) { c.index = "/Was [0 1]" },
		"an index of three numbers":      func(c *crossStream) { c.index = "/Index [1 1 60]" },
		"an index of more than there is": func(c *crossStream) { c.index = "/Index [1 5000]" },
		"an index of reals":              func(c *crossStream) { c.index = "/Index [1.0 1.0]" },
		"an index elsewhere":             func(c *crossStream) { c.index = "/Index 60 0 R" },
		"no type":                        reframed("/Type /XRef", ""),
		"another type":                   reframed("/Type /XRef", "/Type /Xref"),
		"a type twice":                   extra("/Type /ObjStm"),
		"rows beyond those of the index": func(c *crossStream) {
			c.data = func(d []byte, _ int) []byte { return append(d, d...) }
		},
		"no row of its own":              func(c *crossStream) { c.unlisted = true },
		"a row of its own that is wrong": rows(func(all []row) []row { all[len(all)-1].second++; return all }),
		"a row of type 7":                rows(func(all []row) []row { return append(all, row{60, 7, 17, 0}) }),
		"a row beyond the end": rows(
			func(all []row) []row { return append(all, row{60, rowPlain, 9999999, 0}) }),
		"a row of nothing": rows(
			func(all []row) []row { return append(all, row{60, rowPlain, 0, 0}) }),
		"a row in a stream that is nothing": rows(
			func(all []row) []row { return append(all, row{60, rowPacked, 61, 0}) }),
		"a row in itself": rows(
			func(all []row) []row { return append(all, row{60, rowPacked, all[len(all)-1].number, 0}) }),
		"object 0 in use, in a row": rows(func(all []row) []row { return append(all, row{0, rowPlain, 17, 0}) }),
		"rows out of order":         rows(func(all []row) []row { slices.Reverse(all); return all }),
		"a row twice":               rows(func(all []row) []row { return append(all, all[0]) }),
		"hexadecimal rows": func(c *crossStream) {
			c.more, c.data = "/Filter /ASCIIHexDecode",
				func(d []byte, _ int) []byte { return []byte(hex.EncodeToString(d) + ">") }
		},
		"a predictor without filter": extra("/DecodeParms << /Predictor 12 /Columns 7 >>"),
		"an unknown filter":          extra("/Filter /None"),
		"an external file":           extra("/F (none.bin)"),
		"a length too short":         framed(func(dict, data string) string { return shorter(dict, data, -3) }),
		"a length too long":          framed(func(dict, data string) string { return shorter(dict, data, 40) }),
		"a length elsewhere": framed(func(dict, data string) string {
			return strings.Replace(shorter(dict, data, 0), "/Length ", "/Length 60 0 R /Was ", 1)
		}),
		"no endstream":                          reframed("\nendstream", ""),
		"stream and a carriage return":          reframed("stream\n", "stream\r"),
		"spaces behind stream":                  reframed("stream\n", "stream  \n"),
		"a comment before stream":               reframed("\nstream\n", "\n% a comment\nstream\n"),
		"a comment in front of the stream":      func(c *crossStream) { c.head = "% a comment\n# 0 obj\n" },
		"white space in front of the stream":    func(c *crossStream) { c.head = "\n \n# 0 obj\n" },
		"a section with another number":         func(c *crossStream) { c.head = "60 0 obj\n" },
		"a section of another generation":       func(c *crossStream) { c.head = "60 3 obj\n" },
		"a section that is an array":            framed(func(dict, data string) string { return "[ " + dict + " ]" }),
		"a section that is a table in a stream": reframed("/Type /XRef", "/Type /XRef /XRefStm 0"),
		"a section that extends":                extra("/Extends 60 0 R"),
		"a section with an early endstream": framed(
			func(dict, data string) string { return dict + "\nstream\nendstream" + data + "\nendstream" }),
		"a section without end": func(c *crossStream) { c.head = "# 0 obj\n# 0 obj\n" },
		"a section with words behind its stream": framed(
			func(dict, data string) string { return dict + "\nstream\n" + data + "\nendstream\n4 0" }),
	}
	for name, encoded := range encodings() {
		changes[name] = func(c *crossStream) { c.more, c.data = encoded.entries, encoded.data }
	}
	all := []quirk{predicted("a predictor of wrong columns", 5), predicted("a predictor of no columns", 0)}
	for name, change := range changes {
		all = append(all, quirk{name, func(r *revision) { change(&r.stream) }, withStreams,
			strings.HasPrefix(name, "no row") || strings.HasPrefix(name, "a row beyond"), false})
	}
	return sortedQuirks(all)
}

// encoding is a form of the rows that not every reader may know.
type encoding struct {
	entries string
	data    func(data []byte, width int) []byte
}

func encodings() map[string]encoding {
	same := func(data []byte) []byte { return data }
	return map[string]encoding{
		"deflated rows":                        {"/Filter /FlateDecode", deflated(same)},
		"deflated rows in an array of filters": {"/Filter [/FlateDecode] /DecodeParms [null]", deflated(same)},
		"deflated rows by a short name":        {"/Filter /Fl", deflated(same)},
		"deflated rows with a wrong checksum": {"/Filter /FlateDecode",
			deflated(func(d []byte) []byte { d[len(d)-1]++; return d })},
		"deflated rows without checksum": {"/Filter /FlateDecode",
			deflated(func(d []byte) []byte { return d[:len(d)-4] })},
		"deflated rows that end early": {"/Filter /FlateDecode",
			deflated(func(d []byte) []byte { return d[:len(d)-6] })},
		"deflated rows without header": {"/Filter /FlateDecode",
			deflated(func(d []byte) []byte { return d[2:] })},
		"deflated rows with bytes behind": {"/Filter /FlateDecode",
			deflated(func(d []byte) []byte { return append(d, hiddenArray...) })},
		"rows twice deflated": {"/Filter [/FlateDecode /FlateDecode]",
			func(d []byte, w int) []byte { return deflated(same)(deflated(same)(d, w), w) }},
		"rows with an empty array of filters": {"/Filter []", plainRows},
		"rows with a filter that is null":     {"/Filter null /DecodeParms null", plainRows},
		"rows with the filter of encryption":  {"/Filter /Crypt", plainRows},
		"rows in base 85":                     {"/Filter /ASCII85Decode", base85Rows},
		"rows in runs":                        {"/Filter /RunLengthDecode", runLengthRows},
		"rows in LZW":                         {"/Filter /LZWDecode /DecodeParms << /EarlyChange 0 >>", lzwRows},
		"rows with a predictor of TIFF": {"/Filter /FlateDecode /DecodeParms << /Predictor 2 /Columns 7 >>",
			func(d []byte, w int) []byte { return deflated(same)(tiffPredicted(d, w), w) }},
	}
}

// deflated compresses rows, and then edits the result.
func deflated(edit func([]byte) []byte) func([]byte, int) []byte {
	return func(data []byte, _ int) []byte {
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		w.Write(data) // to memory, which does not fail
		w.Close()
		return edit(out.Bytes())
	}
}

func plainRows(data []byte, _ int) []byte { return data }

func base85Rows(data []byte, _ int) []byte {
	out := make([]byte, ascii85.MaxEncodedLen(len(data)))
	return append(out[:ascii85.Encode(out, data)], "~>"...)
}

func runLengthRows(data []byte, _ int) []byte {
	var out []byte
	for piece := range slices.Chunk(data, 100) {
		out = append(append(out, byte(len(piece)-1)), piece...)
	}
	return append(out, 128)
}

func lzwRows(data []byte, _ int) []byte {
	var out bytes.Buffer
	w := lzw.NewWriter(&out, lzw.MSB, 8)
	w.Write(data) // to memory, which does not fail
	w.Close()
	return out.Bytes()
}

// tiffPredicted replaces each byte with its difference from the one to the left.
func tiffPredicted(data []byte, width int) []byte {
	var out []byte
	for chunk := range slices.Chunk(data, width) {
		left := byte(0)
		for _, value := range chunk {
			out = append(out, value-left)
			left = value
		}
	}
	return out
}

// predicted returns a quirk: rows with PNG predictors whose parameters do not fit.
func predicted(name string, columns int) quirk {
	return quirk{name: name, only: withStreams, apply: func(r *revision) {
		r.stream.more = fmt.Sprintf("/Filter /ASCIIHexDecode /DecodeParms << /Predictor 12 /Columns %d >>", columns)
		r.stream.data = func(data []byte, width int) []byte {
			var out bytes.Buffer
			for chunk := range slices.Chunk(data, width) {
				fmt.Fprintf(&out, "00%x", chunk)
			}
			return append(out.Bytes(), '>')
		}
	}}
}

// shorter frames a stream with a /Length that is wrong by that many bytes.
func shorter(dict, data string, by int) string {
	return strings.Replace(dict, fmt.Sprintf("/Length %d", len(data)), fmt.Sprintf("/Length %d", len(data)+by), 1) +
		"\nstream\n" + data + "\nendstream"
}

func sortedQuirks(all []quirk) []quirk {
	slices.SortFunc(all, func(a, b quirk) int { return strings.Compare(a.name, b.name) })
	return all
}
