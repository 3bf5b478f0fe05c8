package strict

import (
	"bufio"
	"compress/zlib"
	"io"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// IsPlain reports whether all readers know every entry in the dictionary of a stream and whether
// its only filter, if any, is FlateDecode (plain). compressed reports whether there is a filter; it
// is of use only if plain is set.
func IsPlain(dict syntax.Dict) (plain, compressed bool) {
	filter, parameters := dict["Filter"], dict["DecodeParms"]
	if chain, ok := filter.(syntax.Array); ok && len(chain) == 1 {
		filter = chain[0]
	}
	if list, ok := parameters.(syntax.Array); ok && len(list) == 1 {
		parameters = list[0]
	}
	switch {
	case dict["F"] != nil || dict["DL"] != nil || !isPlainPredictor(parameters):
		return false, false
	case filter == nil:
		return true, false
	}
	return filter == syntax.Name("FlateDecode"), true
}

// isPlainPredictor reports whether decode parameters are absent, or only those of PNG predictors
// for pixels of one byte: ISO 32000-2, table 8.
func isPlainPredictor(parameters syntax.Object) bool {
	if parameters == nil {
		return true
	}
	dict, ok := parameters.(syntax.Dict)
	if !ok {
		return false
	}
	for key, value := range dict {
		number, _ := value.(syntax.Integer)
		switch key {
		case "Predictor":
			if number != 1 && (number < 10 || number > 15) {
				return false
			}
		case "Columns":
			if number < 1 {
				return false
			}
		case "Colors":
			if number != 1 {
				return false
			}
		case "BitsPerComponent":
			if number != 8 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// IsWholeZlib reports whether data are one zlib stream with its checksum (RFC 1950), followed by at
// most a line end. It charges for the inflated bytes.
func IsWholeZlib(raw io.Reader, a *bounds.Account) (bool, error) {
	buffered := bufio.NewReader(raw)
	z, err := zlib.NewReader(buffered)
	if err != nil {
		return false, nil
	}
	piece := make([]byte, 4096)
	for {
		n, err := z.Read(piece)
		if spent := a.Inflate(int64(n)); spent != nil {
			return false, spent
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, nil
		}
	}
	rest, err := io.ReadAll(io.LimitReader(buffered, 3))
	return len(rest) <= 2 && len(trimLineEnds(rest)) == 0, err
}

func trimLineEnds(text []byte) []byte {
	for len(text) > 0 && (text[0] == '\r' || text[0] == '\n') {
		text = text[1:]
	}
	return text
}
