package archive

import (
	"encoding/binary"
	"math"
)

// curvePoints are those of the transfer curve: between them readers interpolate, and the largest
// error is below what 8 bits a channel can show.
const curvePoints = 256

// profile is an ICC profile of sRGB (IEC 61966-2-1): version 2, of the class of monitors, which
// every reader of PDF/A takes, with primaries and white adapted to D50 as ICC.1:2001-04 asks.
func profile() []byte {
	curve := append([]byte("curv\x00\x00\x00\x00"), big32(curvePoints)...)
	for i := range curvePoints {
		curve = binary.BigEndian.AppendUint16(curve, uint16(math.Round(linear(float64(i)/(curvePoints-1))*65535)))
	}
	tags := []struct {
		signatures []string // that share the data
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

// profileHeader is the header of a profile of so many bytes: ICC.1:2001-04, 6.1.
func profileHeader(size int) []byte {
	h := make([]byte, 128)
	binary.BigEndian.PutUint32(h, uint32(size))
	h[8], h[9] = 2, 0x10                     // version 2.1
	copy(h[12:], "mntrRGB XYZ ")             // class, colour space, connection space
	copy(h[24:], "\x07\xd0\x00\x01\x00\x01") // 2000-01-01: equal inputs give equal documents
	copy(h[36:], "acsp")                     // the signature of every profile
	copy(h[68:], xyz(0.9642, 1, 0.8249)[8:]) // the illuminant: D50
	return h
}

func big32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// xyz is a tag of type XYZ, with numbers of 15 bits and a fraction of 16.
func xyz(values ...float64) []byte {
	tag := []byte("XYZ \x00\x00\x00\x00")
	for _, value := range values {
		tag = append(tag, big32(int(math.Round(value*65536)))...)
	}
	return tag
}

// description is a tag of type textDescription: an ASCII text, and none in Unicode and Macintosh's
// code.
func description(text string) []byte {
	tag := append([]byte("desc\x00\x00\x00\x00"), big32(len(text)+1)...)
	tag = append(append(tag, text...), 0)
	return append(tag, make([]byte, 4+4+2+1+67)...)
}

// linear is the light that a value of sRGB stands for.
func linear(value float64) float64 {
	if value <= 0.04045 {
		return value / 12.92
	}
	return math.Pow((value+0.055)/1.055, 2.4)
}
