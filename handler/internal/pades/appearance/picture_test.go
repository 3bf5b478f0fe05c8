package appearance_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/pades/appearance"
	"influxion/handler/internal/pades/pdf"
)

// transparent is two pixels: half transparent red, and opaque blue.
var transparent = func() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	m.Set(0, 0, color.NRGBA{255, 0, 0, 128})
	m.Set(1, 0, color.NRGBA{0, 0, 255, 255})
	return m
}()

func pngFile(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func jpegFile(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func (d drawn) image(t *testing.T) (*pdf.Stream, []byte) {
	t.Helper()
	stream := must(t)(d.file.Stream(d.resources["XObject"].(pdf.Dict)["Image"]))
	raw, err := d.file.Raw(stream)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, raw.Size())
	if _, err := raw.ReadAt(data, 0); err != nil && len(data) > 0 && raw.Size() != int64(len(data)) {
		t.Fatal(err)
	}
	if stream.Dict["Filter"] == pdf.Name("FlateDecode") {
		data = d.decode(t, d.resources["XObject"].(pdf.Dict)["Image"])
	}
	return stream, data
}

// interlaced is a grey PNG of two by two pixels in the order of Adam7: the first pixel alone, the
// one beside it, then the second row.
func interlaced(t *testing.T) []byte {
	t.Helper()
	out := bytes.NewBufferString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		body := append([]byte(kind), data...)
		out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
		out.Write(body)
		out.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
	}
	chunk("IHDR", []byte{0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 1})
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	if _, err := w.Write([]byte{0, 10, 0, 20, 0, 30, 40}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return out.Bytes()
}

func TestInterlacedPNG(t *testing.T) {
	t.Parallel()
	_, samples := draw(t, appearance.Content{Image: interlaced(t)}, 100, 60, 0).image(t)
	if want := []byte{10, 20, 30, 40}; !bytes.Equal(samples, want) {
		t.Errorf("got %v, want %v", samples, want)
	}
}

func TestPNG(t *testing.T) {
	t.Parallel()
	grey := image.NewGray(image.Rect(0, 0, 2, 1))
	grey.Set(1, 0, color.Gray{200})
	deep := image.NewNRGBA64(image.Rect(0, 0, 2, 1))
	deep.Set(0, 0, color.NRGBA64{0xffff, 0x8080, 0, 0xffff})
	palette := image.NewPaletted(image.Rect(0, 0, 2, 1),
		color.Palette{color.NRGBA{0, 0, 0, 0}, color.NRGBA{9, 8, 7, 255}})
	palette.SetColorIndex(1, 0, 1)
	for _, test := range []struct {
		name    string
		image   image.Image
		opaque  bool
		space   pdf.Name
		samples []byte
		alpha   []byte
	}{
		{"alpha", transparent, false, "CalRGB", []byte{255, 0, 0, 0, 0, 255}, []byte{128, 255}},
		{"alpha on white", transparent, true, "CalRGB", []byte{255, 127, 127, 0, 0, 255}, nil},
		{"grey", grey, false, "Indexed", []byte{0, 200}, nil},
		{"16 bits", deep, true, "CalRGB", []byte{255, 128, 0, 255, 255, 255}, nil},
		{"palette", palette, false, "CalRGB", []byte{0, 0, 0, 9, 8, 7}, []byte{0, 255}},
		{"palette on white", palette, true, "CalRGB", []byte{255, 255, 255, 9, 8, 7}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := draw(t, appearance.Content{Image: pngFile(t, test.image), Opaque: test.opaque}, 100, 60, 0)
			stream, samples := d.image(t)
			if stream.Dict["ColorSpace"].(pdf.Array)[0] != test.space || !bytes.Equal(samples, test.samples) {
				t.Errorf("got %v %v, want %s %v", stream.Dict["ColorSpace"], samples, test.space, test.samples)
			}
			if (stream.Dict["SMask"] != nil) != (test.alpha != nil) {
				t.Fatalf("got /SMask %v, want alpha %v", stream.Dict["SMask"], test.alpha)
			}
			if test.alpha == nil {
				return
			}
			if alpha := d.decode(t, stream.Dict["SMask"]); !bytes.Equal(alpha, test.alpha) {
				t.Errorf("got alpha %v, want %v", alpha, test.alpha)
			}
			if mask := must(t)(d.file.Stream(stream.Dict["SMask"])); mask.Dict["ColorSpace"] != pdf.Name("DeviceGray") {
				t.Errorf("got a mask in %v, want DeviceGray", mask.Dict["ColorSpace"])
			}
		})
	}
}

func TestJPEG(t *testing.T) {
	t.Parallel()
	colour, grey := jpegFile(t, transparent), jpegFile(t, image.NewGray(image.Rect(0, 0, 30, 20)))
	restarts := slices.Concat(colour[:len(colour)-2], []byte{0xff, 0xd3, 0x00, 0xff, 0x00}, colour[len(colour)-2:])
	for _, test := range []struct {
		name  string
		file  []byte
		want  []byte
		space pdf.Name
	}{
		{"colour", colour, colour, "CalRGB"},
		{"grey", grey, grey, "Indexed"},
		{"progressive", bytes.Replace(colour, []byte{0xff, 0xc0}, []byte{0xff, 0xc2}, 1),
			bytes.Replace(colour, []byte{0xff, 0xc0}, []byte{0xff, 0xc2}, 1), "CalRGB"},
		{"restarts", restarts, restarts, "CalRGB"},
		{"what follows the end is left out", append(slices.Clone(colour), "more"...), colour, "CalRGB"},
		{"metadata are left out", insert(colour, 0xe1, "Exif\x00\x00GPS"), colour, "CalRGB"},
		{"comments are left out", insert(colour, 0xfe, "made by"), colour, "CalRGB"},
		{"profiles are left out", insert(colour, 0xe2, "ICC_PROFILE\x00"), colour, "CalRGB"},
		{"JFIF stays", insert(colour, 0xe0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"),
			insert(colour, 0xe0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"), "CalRGB"},
		{"Adobe stays", insert(colour, 0xee, "Adobe\x00d\x00\x00\x00\x00\x01"),
			insert(colour, 0xee, "Adobe\x00d\x00\x00\x00\x00\x01"), "CalRGB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stream, data := draw(t, appearance.Content{Image: test.file, Opaque: true}, 100, 60, 0).image(t)
			if !bytes.Equal(data, test.want) {
				t.Errorf("got %d bytes %x, want %d", len(data), data[:min(len(data), 40)], len(test.want))
			}
			if stream.Dict["Filter"] != pdf.Name("DCTDecode") ||
				stream.Dict["ColorSpace"].(pdf.Array)[0] != test.space {
				t.Errorf("got %v, want DCTDecode in %s", stream.Dict, test.space)
			}
		})
	}
}

// insert puts a segment behind the start of a JPEG file.
func insert(file []byte, marker byte, payload string) []byte {
	segment := append([]byte{0xff, marker}, numbers(len(payload)+2)...)
	return slices.Concat(file[:2], segment, []byte(payload), file[2:])
}

func TestImagesThatAreRefused(t *testing.T) {
	t.Parallel()
	good := jpegFile(t, transparent)
	frame := bytes.Index(good, []byte{0xff, 0xc0})
	changed := func(at int, value byte) []byte {
		file := slices.Clone(good)
		file[frame+at] = value
		return file
	}
	wide := pngFile(t, transparent)
	binary.BigEndian.PutUint32(wide[16:], 1<<24)
	scan := bytes.Index(good, []byte{0xff, 0xda})
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", []byte{}, "neither"},
		{"GIF", []byte("GIF89a"), "neither"},
		{"too large", append(slices.Clone(good), make([]byte, appearance.MaxImage)...), "larger"},
		{"PNG cut off", pngFile(t, transparent)[:50], "PNG image cannot be read"},
		{"PNG with a changed size", wide, "PNG image cannot be read"},
		{"PNG of too many pixels", pngFile(t, image.NewGray(image.Rect(0, 0, 4096, 1025))), "pixels"},
		{"CMYK", func() []byte {
			header := append([]byte{0xff, 0xd8, 0xff, 0xc0, 0, 20, 8, 0, 1, 0, 2, 4}, make([]byte, 12)...)
			return append(header, good[scan:]...)
		}(), "CMYK"},
		{"12 bits", changed(4, 12), "12 bits"},
		{"two components", changed(9, 2), "2 colour"},
		{"lossless", changed(1, 0xc3), "of a kind"},
		{"arithmetic", changed(1, 0xc9), "of a kind"},
		{"no height", changed(6, 0)[:frame+7+0], "cut off"},
		{"no pixels", func() []byte { f := changed(5, 0); f[frame+6] = 0; return f }(), "no pixels"},
		{"too many pixels", func() []byte { f := changed(5, 0x7f); f[frame+7] = 0x7f; return f }(), "pixels"},
		{"two frames", slices.Concat(good[:scan], good[frame:]), "damaged"},
		{"scan before frame", slices.Concat(good[:2], good[scan:]), "damaged"},
		{"no scan", slices.Concat(good[:scan], []byte{0xff, 0xd9}), "no picture"},
		{"no end", good[:len(good)-2], "cut off"},
		{"junk between segments", insert(good, 0, "x"), "of a kind"},
		{"segment longer than the file", good[:20], "cut off"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			refuse(t, appearance.Content{Image: test.file}, test.want)
		})
	}
}

func TestAspectRatioIsKept(t *testing.T) {
	t.Parallel()
	exif := func(order string, tag, value int) []byte {
		tiff := append([]byte("MM\x00*\x00\x00\x00\x08"), numbers(1, tag, 3, 0, 1, value, 0, 0)...)
		if order == "II" {
			tiff = append([]byte("II*\x00\x08\x00\x00\x00"), 1, 0, byte(tag), byte(tag>>8), 3, 0, 1, 0, 0, 0,
				byte(value), 0, 0, 0)
		}
		return insert(jpegFile(t, image.NewRGBA(image.Rect(0, 0, 40, 20))), 0xe1, "Exif\x00\x00"+string(tiff))
	}
	wide, tall := pngFile(t, image.NewGray(image.Rect(0, 0, 40, 20))),
		pngFile(t, image.NewGray(image.Rect(0, 0, 20, 40)))
	for _, test := range []struct {
		name          string
		image         []byte
		text          string
		width, height float64
		want          string
	}{
		{"wide in wide", wide, "", 204, 54, "100 0 0 50 52 2"},
		{"tall in wide", tall, "", 204, 54, "25 0 0 50 89.5 2"},
		{"wide in tall", wide, "", 54, 204, "50 0 0 25 2 89.5"},
		{"beside text", wide, "text", 204, 54, "80 0 0 40 2 7"},
		{"above text", wide, "text", 54, 104, "50 0 0 25 2 77"},
		{"orientation 1", exif("MM", 0x112, 1), "", 204, 54, "100 0 0 50 52 2"},
		{"orientation 2", exif("MM", 0x112, 2), "", 204, 54, "-100 0 0 50 152 2"},
		{"orientation 3", exif("II", 0x112, 3), "", 204, 54, "-100 0 0 -50 152 52"},
		{"orientation 4", exif("II", 0x112, 4), "", 204, 54, "100 0 0 -50 52 52"},
		{"orientation 5", exif("II", 0x112, 5), "", 204, 54, "0 -50 -25 0 114.5 52"},
		{"orientation 6", exif("MM", 0x112, 6), "", 204, 54, "0 -50 25 0 89.5 52"},
		{"orientation 7", exif("II", 0x112, 7), "", 204, 54, "0 50 25 0 89.5 2"},
		{"orientation 8", exif("II", 0x112, 8), "", 204, 54, "0 50 -25 0 114.5 2"},
		{"orientation 9", exif("II", 0x112, 9), "", 204, 54, "100 0 0 50 52 2"},
		{"another tag", exif("II", 0x113, 6), "", 204, 54, "100 0 0 50 52 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := draw(t, appearance.Content{Image: test.image, Text: test.text, Look: appearance.Look{Clear: true}},
				test.width, test.height, 0)
			if want := fmt.Sprintf("q %s cm /Image Do Q\n", test.want); !strings.HasPrefix(d.content, want) {
				t.Errorf("got %q, want %q", d.content, want)
			}
		})
	}
}

// FuzzImage: every accepted image is written with as many samples as it has pixels.
func FuzzImage(f *testing.F) {
	f.Add(pngFile(f, transparent), false)
	f.Add(pngFile(f, image.NewGray(image.Rect(0, 0, 3, 2))), true)
	f.Add(jpegFile(f, transparent), false)
	f.Add(jpegFile(f, image.NewGray(image.Rect(0, 0, 3, 2))), true)
	f.Add(insert(jpegFile(f, transparent), 0xe1,
		"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"), true)
	f.Fuzz(func(t *testing.T, file []byte, opaque bool) {
		if file == nil {
			return
		}
		drawing := tryDraw(t, appearance.Content{Image: file, Opaque: opaque}, 200, 60)
		if drawing == nil {
			return
		}
		stream, data := write(t, drawing, 0).image(t)
		width, height := stream.Dict["Width"].(pdf.Integer), stream.Dict["Height"].(pdf.Integer)
		if stream.Dict["Filter"] == pdf.Name("FlateDecode") && len(data) != int(width*height) &&
			len(data) != 3*int(width*height) {
			t.Errorf("got %d samples for %d by %d pixels", len(data), width, height)
		}
	})
}

// ImageMemory is more than the memory that showing the image holds at any time.
func TestImageMemory(t *testing.T) {
	for name, test := range map[string]struct {
		image image.Image
		least int64 // bytes a pixel
	}{
		"deep":    {image.NewNRGBA64(image.Rect(0, 0, 500, 400)), 12},
		"colours": {image.NewNRGBA(image.Rect(0, 0, 500, 400)), 8},
	} {
		var file bytes.Buffer
		if err := png.Encode(&file, test.image); err != nil {
			t.Fatal(err)
		}
		if got := appearance.ImageMemory(file.Bytes()); got < test.least*500*400 {
			t.Errorf("%s: got %d bytes, want at least %d for each pixel", name, got, test.least)
		}
	}
	if got := appearance.ImageMemory([]byte("no image")); got != 8 {
		t.Errorf("got %d bytes for what is no image, want its own", got)
	}
}
