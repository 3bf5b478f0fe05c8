package verify

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pades/pdf"
)

// coverage is what of the document a signature covers, as far as that is established.
type coverage struct {
	ranges  []int64 // /ByteRange as it stands; nil if it is not an array of integers
	placed  bool    // its gap is exactly the /Contents of this very signature dictionary
	whole   bool    // it goes to the end of the document
	earlier bool    // it is a complete earlier revision that holds the signature
}

// byteRange reads /ByteRange; whatever is not an array of integers gives nil. Its errors are
// limits, and failures to read the document.
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

// end is the offset behind the last byte that the signature covers.
func (c *coverage) end() int64 {
	if len(c.ranges) != 4 || c.ranges[2] < 0 || c.ranges[3] < 0 {
		return 0
	}
	return c.ranges[2] + c.ranges[3]
}

// place is where /Contents lies in the document.
func (c *coverage) place() chain.Span { return chain.Span{Start: c.ranges[1], End: c.ranges[2]} }
