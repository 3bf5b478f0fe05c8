package archive

import (
	"encoding/binary"
	"math"
)

// curvePoints is the number of points of the transfer curve. Readers interpolate between them; the
// largest error is below what 8 bits for each channel can show.
const curvePoints = 256

// profile returns an ICC profile of sRGB (IEC 61966-2-1). It has version 2 and the class of
// monitors, which every reader of PDF/A accepts. Its primaries and its white point are adapted to
// D50, as ICC.1:2001-04 requires.
func profile() []byte {
	curve := append([]byte("curv\x00\x00\x00\x00"), big32(curvePoints)...)
	for i := range curvePoints {
		curve = binary.BigEndian.AppendUint16(curve, uint16(math.Round(linear(float64(i)/(curvePoints-1))*65535)))
	}
	tags := []struct {
		signatures []string // of tags that share the data
		data       []byte
	}{
		{[]string{"desc"}, description("sRGB")},
		{[]string{"cprt"}, append([]byte("text\x00\x00\x00\x00"), "No copyright, use freely\x00"...)},
		{[]string{"wtpt"}, xyz(0.9642, 1, 0.8249)},
		{[]string{"rXYZ"}, xyz(0.43607, 0.22249, 0.01392)},
		{[]string{"gXYZ"}, xyz(0.38515, 0.71687, 0.09708)},
		{[]string{"bXYZ"}, xyz(0.14307, 0.06061, 0.71410)},
		{[]string{"rTRC", "gTRC", "bTRC"}, curve},
	}
	const header, entry, count = 128, 12, 9
	table, data := big32(count), []byte(nil)
	for _, tag := range tags {
		for _, signature := range tag.signatures {
			table = append(table, signature...)
			table = append(table, big32(header+4+count*entry+len(data))...)
			table = append(table, big32(len(tag.data))...)
		}
		data = append(data, tag.data...)
		for len(data)%4 != 0 {
			data = append(data, 0)
		}
	}
	return append(append(profileHeader(header+len(table)+len(data)), table...), data...)
}

// profileHeader returns the header of a profile of size bytes: ICC.1:2001-04, 6.1.
func profileHeader(size int) []byte {
	h := make([]byte, 128)
	binary.BigEndian.PutUint32(h, uint32(size))
	h[8], h[9] = 2, 0x10                     // version 2.1
	copy(h[12:], "mntrRGB XYZ ")             // class, colour space, connection space
	copy(h[24:], "\x07\xd0\x00\x01\x00\x01") // 2000-01-01, always the same, so that equal inputs give equal documents
	copy(h[36:], "acsp")                     // the signature of every profile
	copy(h[68:], xyz(0.9642, 1, 0.8249)[8:]) // the illuminant: D50
	return h
}

func big32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// xyz returns a tag of type XYZ. Its numbers are of type s15Fixed16: a sign, 15 bits before the
// point and 16 after it.
func xyz(values ...float64) []byte {
	tag := []byte("XYZ \x00\x00\x00\x00")
	for _, value := range values {
		tag = append(tag, big32(int(math.Round(value*65536)))...)
	}
	return tag
}

// description returns a tag of type textDescription with an ASCII text, but without Unicode and
// Macintosh texts.
func description(text string) []byte {
	tag := append([]byte("desc\x00\x00\x00\x00"), big32(len(text)+1)...)
	tag = append(append(tag, text...), 0)
	return append(tag, make([]byte, 4+4+2+1+67)...)
}

// linear converts a value of sRGB to linear light.
func linear(value float64) float64 {
	if value <= 0.04045 {
		return value / 12.92
	}
	return math.Pow((value+0.055)/1.055, 2.4)
}
