package verify

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pades/pdf"
)

// coverage is what is known about the part of the document that a signature covers.
type coverage struct {
	ranges  []int64 // /ByteRange as the file has it; nil if it is not an array of integers
	placed  bool    // its gap is exactly the /Contents of this signature dictionary
	whole   bool    // it extends to the end of the document
	earlier bool    // it is a complete earlier revision that contains the signature
	// the earlier revision that contains the signature dictionary, if the document no longer
	// contains it; nil = the document contains it
	former *pdf.File
}

// byteRange reads /ByteRange. It gives nil for anything but an array of integers, and for a very
// long one. Errors are limits, and failures to read the document.
func byteRange(file *pdf.File, dict pdf.Dict) ([]int64, error) {
	numbers, err := file.Array(dict["ByteRange"])
	if err != nil && (pades.LimitOf(err) != nil || !pades.IsOfDocument(err)) {
		return nil, err
	}
	if err != nil || len(numbers) > 64 {
		return nil, nil
	}
	ranges := make([]int64, 0, len(numbers))
	for _, entry := range numbers {
		number, ok := entry.(pdf.Integer)
		if !ok {
			return nil, nil
		}
		ranges = append(ranges, int64(number))
	}
	return ranges, nil
}

// end is the offset behind the last byte that the signature covers; 0 if /ByteRange is not two
// ranges.
func (c *coverage) end() int64 {
	if len(c.ranges) != 4 || c.ranges[2] < 0 || c.ranges[3] < 0 {
		return 0
	}
	return c.ranges[2] + c.ranges[3]
}

// place is where /Contents lies in the document.
func (c *coverage) place() chain.Span { return chain.Span{Start: c.ranges[1], End: c.ranges[2]} }
