package diff

import (
	"context"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
	"regexp"
)

// appearsAsObject is what a reader that repairs files takes for an object or a trailer.
var appearsAsObject = regexp.MustCompile(`[\x00\t\n\f\r 0-9]obj[^A-Za-z0-9]|trailer[\x00\t\n\f\r ]{0,8}<<`)

// strays says whether bytes that were appended without a cross-reference section of their own hold objects all the same. Most readers pass
// over them, but some show them: that is what the incremental saving attack without a table lives from.
func strays(ctx context.Context, doc pades.Document, from, to int64) (bool, error) {
	const overlap = 32 // more than what the expression can match
	buffer := make([]byte, 32<<10)
	for from < to {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		piece := buffer[:min(int64(len(buffer)), to-from)]
		if n, err := doc.ReadAt(piece, from); n < len(piece) {
			return false, err
		}
		if appearsAsObject.Match(piece) {
			return true, nil
		}
		if from += int64(len(piece)); from < to {
			from -= overlap
		}
	}
	return false, nil
}

// unrevised says whether what lies between two ends is no revision: the later one has no cross-reference section that the earlier one lacks.
func unrevised(earlier, later *pdf.File) bool {
	return len(earlier.Sections()) == len(later.Sections())
}
