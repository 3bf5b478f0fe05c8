package pdf_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// packer writes an object stream of an update with two objects, from number 8 on. A test changes
// its fields.
type packer struct {
	head, body string
	parts      string              // entries of the dictionary beside /N and /First
	entries    string              // /N and /First; "" = what head and body need
	trailer    string              // further entries of the cross-reference stream
	encode     func([]byte) []byte // nil = FlateDecode
	list       func(*builder)      // changes what the cross-references list
}

func newPacker() *packer {
	return &packer{head: "8 0 9 4 ", body: "(a) (b) ", parts: "/Type /ObjStm", encode: deflate, list: func(*builder) {}}
}

func (p *packer) update(file *builder) []byte {
	b := &builder{eol: file.eol, prev: file.prev, root: file.root, size: file.size}
	b.reset()
	b.Write(file.Bytes())
	entries := p.entries
	if entries == "" {
		entries = fmt.Sprintf("/N 2 /First %d", len(p.head))
	}
	b.stream(7, p.parts+" "+entries+" /Filter /FlateDecode", p.encode([]byte(p.head+p.body)))
	b.inside[8], b.inside[9] = [2]int{7, 0}, [2]int{7, 1}
	b.size = 10
	p.list(b)
	return b.xrefStream(p.trailer).Bytes()
}

// A reader that repairs a file takes every object of an object stream, and readers differ in the
// encodings that they know. An update must therefore not hold a member that is listed elsewhere,
// nor data that some reader cannot decode.
func TestMembersOfUpdates(t *testing.T) {
	t.Parallel()
	file := newBuilder()
	file.objectStream(5, 1, catalogBody, pagesBody, pageBody, "(four)")
	file.xrefStream("")
	signed := bytes.Clone(file.Bytes())
	type rows map[string]func(*packer)
	parts := func(more string) func(*packer) { return func(p *packer) { p.parts += " " + more } }
	behind := func(text string) func(*packer) {
		return func(p *packer) { p.encode = func(data []byte) []byte { return append(deflate(data), text...) } }
	}
	predicted := func(data []byte) []byte { return deflate(upPredict(data, 4)) }
	for regular, some := range map[bool]rows{true: {
		"as it should be":      func(*packer) {},
		"a line end behind it": behind("\n"), "two characters of a line end": behind("\r\n"),
		"no predictor":           parts("/DecodeParms << /Predictor 1 >>"),
		"no predictor, in array": parts("/DecodeParms [<< /Predictor 1 >>]"),
		"a predictor of PNG": func(p *packer) {
			p.encode = predicted
			p.parts += " /DecodeParms << /Predictor 12 /Columns 4 /Colors 1 /BitsPerComponent 8 >>"
		},
		"the highest predictor of PNG": func(p *packer) {
			p.encode, p.parts = predicted, p.parts+" /DecodeParms << /Predictor 15 /Columns 4 >>"
		},
		"the lowest predictor of PNG": func(p *packer) {
			p.encode, p.parts = predicted, p.parts+" /DecodeParms << /Predictor 10 /Columns 4 >>"
		},
		"an identifier as it is": func(p *packer) { p.trailer = "/ID [(a\r) (b\r\n)]" },
		"white space between":    func(p *packer) { p.head, p.body = "8 0\n 9 6\n", "(a)\n\n\n(b)\n" },
	}, false: {
		"a byte behind it": behind("x"), "a byte behind a line end": behind("\nx"), "three bytes": behind("\n\n\n"),
		"another checksum": func(p *packer) {
			p.encode = func(data []byte) []byte {
				all := deflate(data)
				all[len(all)-1] ^= 1
				return all
			}
		},
		"a file": parts("/F (a)"), "a line end in a string": parts("/A (a\r)"),
		"a decoded length":      parts("/DL 5"),
		"the predictor of TIFF": parts("/DecodeParms << /Predictor 2 /Columns 8 >>"),
		"no such predictor": func(p *packer) {
			p.encode, p.parts = predicted, p.parts+" /DecodeParms << /Predictor 16 /Columns 4 >>"
		},
		"a predictor that is none": parts("/DecodeParms << /Predictor 0 >>"),
		"no columns":               parts("/DecodeParms << /Predictor 1 /Columns 0 >>"),
		"three colors":             parts("/DecodeParms << /Predictor 1 /Colors 3 >>"),
		"sixteen bits":             parts("/DecodeParms << /Predictor 1 /BitsPerComponent 16 >>"),
		"another parameter":        parts("/DecodeParms << /EarlyChange 1 >>"),
		"two parameters":           parts("/DecodeParms [<< >> << >>]"),
		"parameters that are none": parts("/DecodeParms /None"),
		"a count elsewhere":        func(p *packer) { p.entries = "/N 4 0 R /First 8" },
		"a type that is not said":  func(p *packer) { p.parts = "" },
		"another order": func(p *packer) {
			p.list = func(b *builder) { b.inside[8], b.inside[9] = b.inside[9], b.inside[8] }
		},
		"one that is not listed": func(p *packer) { p.list = func(b *builder) { delete(b.inside, 9) } },
		"one that is free": func(p *packer) {
			p.list = func(b *builder) {
				delete(b.inside, 9)
				b.freed = []int{9}
			}
		},
		"one that is an object of its own": func(p *packer) {
			p.list = func(b *builder) {
				delete(b.inside, 9)
				b.object(9, "(c)")
			}
		},
		"one that is in another stream": func(p *packer) { p.list = func(b *builder) { b.objectStream(10, 9, "(c)") } },
		"one in a stream that is none": func(p *packer) {
			p.list = func(b *builder) {
				b.object(10, "(c)")
				b.inside[11], b.size = [2]int{10, 0}, 12
			}
		},
		"a number more":        func(p *packer) { p.head += "10 " },
		"something between":    func(p *packer) { p.head, p.body = "8 0 9 8 ", "(a) (x) (b) " },
		"something behind":     func(p *packer) { p.body += "(x)" },
		"something in front":   func(p *packer) { p.head, p.body = "8 4 9 8 ", "(x) (a) (b) " },
		"members that overlap": func(p *packer) { p.head = "8 0 9 0 " },
	}} {
		for name, change := range some {
			p := newPacker()
			change(p)
			why := irregularity(t, signed, p.update(file))
			if (why == "") != regular {
				t.Errorf("%s: got %q, want it regular: %v", name, why, regular)
			}
		}
	}
	if !slices.Equal(signed, file.Bytes()) {
		t.Error("the file changed")
	}
}
