package appearance

import (
	"bytes"
	"slices"
)

// Markers of JPEG: ITU-T T.81, table B.1.
const (
	markerSOF0 = 0xc0 // baseline
	markerSOF1 = 0xc1 // extended sequential
	markerSOF2 = 0xc2 // progressive
	markerDHT  = 0xc4
	markerJPG  = 0xc8
	markerDAC  = 0xcc
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerDQT  = 0xdb
	markerDRI  = 0xdd
	markerAPP0 = 0xe0
	markerAPP1 = 0xe1
	markerAPPE = 0xee
)

const maxSegments = 10_000

// readJPEG checks the structure of a JPEG file, and keeps the segments that an image needs. It
// drops metadata, which can name a place or a person.
func readJPEG(file []byte) (*picture, error) {
	r := jpegReader{rest: file[2:],
		picture: &picture{filter: "DCTDecode", orientation: 1, samples: slices.Clone(file[:2])}}
	for range maxSegments {
		done, err := r.segment()
		if err != nil {
			return nil, err
		}
		if done {
			return r.picture, nil
		}
	}
	return nil, refused("the JPEG image has too many segments")
}

type jpegReader struct {
	rest    []byte
	scans   int
	picture *picture
}

// segment reads one marker with its segment, and reports whether it was the last.
func (r *jpegReader) segment() (done bool, err error) {
	for len(r.rest) > 2 && r.rest[0] == 0xff && r.rest[1] == 0xff {
		r.rest = r.rest[1:] // fill bytes
	}
	if len(r.rest) < 2 || r.rest[0] != 0xff {
		return false, refused("the JPEG image is cut off or damaged")
	}
	marker := r.rest[1]
	if marker == markerEOI {
		if r.scans == 0 {
			return false, refused("the JPEG image has no picture")
		}
		r.keep(r.rest[:2])
		return true, nil
	}
	if len(r.rest) < 4 || int(word(r.rest, 2)) < 2 || 2+int(word(r.rest, 2)) > len(r.rest) {
		return false, refused("the JPEG image is cut off or damaged")
	}
	segment := r.rest[:2+int(word(r.rest, 2))]
	r.rest = r.rest[len(segment):]
	return false, r.take(marker, segment)
}

func (r *jpegReader) keep(data []byte) { r.picture.samples = append(r.picture.samples, data...) }

func (r *jpegReader) take(marker byte, segment []byte) error {
	payload := segment[4:]
	switch {
	case marker == markerSOF0, marker == markerSOF1, marker == markerSOF2:
		if err := r.frame(payload); err != nil {
			return err
		}
	case marker == markerSOS:
		if r.picture.width == 0 {
			return refused("the JPEG image is cut off or damaged")
		}
		r.scans++
		n := entropyCoded(r.rest)
		segment = slices.Concat(segment, r.rest[:n])
		r.rest = r.rest[n:]
	case marker == markerDHT, marker == markerDQT, marker == markerDRI:
	case marker == markerAPP0 && bytes.HasPrefix(payload, []byte("JFIF\x00")),
		marker == markerAPPE && bytes.HasPrefix(payload, []byte("Adobe")):
		// These segments state how colours are stored.
	case marker == markerAPP1 && bytes.HasPrefix(payload, []byte("Exif\x00\x00")):
		r.picture.orientation = exifOrientation(payload[6:])
		return nil
	case marker >= markerAPP0: // other applications, comments and reserved markers
		return nil
	default:
		return refused("the JPEG image is of a kind that PDF readers do not show: save it as baseline or progressive")
	}
	r.keep(segment)
	return nil
}

// frame reads the frame header: T.81, B.2.2.
func (r *jpegReader) frame(payload []byte) error {
	if len(payload) < 6 || r.picture.width != 0 {
		return refused("the JPEG image is cut off or damaged")
	}
	width, height, components := int(word(payload, 3)), int(word(payload, 1)), int(payload[5])
	if err := checkSize(width, height, maxPixels); err != nil {
		return err
	}
	if payload[0] != 8 || components != 1 && components != 3 || len(payload) != 6+3*components {
		return refused("the JPEG image has %d colour components of %d bits: RGB or grey of 8 bits can be shown, "+
			"CMYK cannot",
			components, payload[0])
	}
	r.picture.width, r.picture.height, r.picture.grey = width, height, components == 1
	return nil
}

// entropyCoded returns the length of the data of a scan in bytes. The data end at a marker. Stuffed
// bytes, fill bytes and restart markers belong to the data.
func entropyCoded(data []byte) int {
	for i := 0; i+1 < len(data); i++ {
		if next := data[i+1]; data[i] == 0xff && next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7) {
			return i
		}
	}
	return len(data)
}

// exifOrientation reads the tag Orientation of the first directory: CIPA DC-008. It returns 1 if
// there is no readable one.
func exifOrientation(tiff []byte) int {
	const orientation, maxEntries = 0x0112, 1000
	if len(tiff) < 8 {
		return 1
	}
	little := tiff[0] == 'I'
	number := func(at, size int) int {
		bytes := slices.Clone(tiff[at : at+size])
		if little {
			slices.Reverse(bytes)
		}
		value := 0
		for _, b := range bytes {
			value = value<<8 | int(b)
		}
		return value
	}
	directory := number(4, 4)
	if directory+2 > len(tiff) {
		return 1
	}
	for i := range min(number(directory, 2), maxEntries) {
		entry := directory + 2 + 12*i
		if entry+12 > len(tiff) {
			break
		}
		if value := number(entry+8, 2); number(entry, 2) == orientation && value >= 1 && value <= 8 {
			return value
		}
	}
	return 1
}
