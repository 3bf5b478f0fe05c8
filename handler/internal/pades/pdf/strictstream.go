package pdf

import (
	"bufio"
	"compress/zlib"
	"io"
)

// isPlain reports whether every reader decodes the data of a stream alike: they are in the file as
// they are, or compressed by FlateDecode as a whole and sound zlib stream, and the dictionary has
// nothing that some reader does not know.
func (f *File) isPlain(s *Stream) (bool, error) {
	filter, parameters := s.Dict["Filter"], s.Dict["DecodeParms"]
	if chain, ok := filter.(Array); ok && len(chain) == 1 {
		filter = chain[0]
	}
	if list, ok := parameters.(Array); ok && len(list) == 1 {
		parameters = list[0]
	}
	switch {
	case s.Dict["F"] != nil || s.Dict["DL"] != nil || !isPlainPredictor(parameters):
		return false, nil
	case filter == nil:
		return true, nil
	case filter != Name("FlateDecode"):
		return false, nil
	}
	raw, err := f.Encoded(s)
	if err != nil {
		return false, err
	}
	return f.isWholeZlib(raw)
}

// isPlainPredictor reports whether decode parameters are absent, or only those of PNG predictors
// for pixels of one byte: ISO 32000-2, table 8.
func isPlainPredictor(parameters Object) bool {
	if parameters == nil {
		return true
	}
	dict, ok := parameters.(Dict)
	if !ok {
		return false
	}
	for key, value := range dict {
		number, _ := value.(Integer)
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

// isWholeZlib reports whether data are one zlib stream with its checksum (RFC 1950), with at most a
// line end behind it.
func (f *File) isWholeZlib(raw io.Reader) (bool, error) {
	buffered := bufio.NewReader(raw)
	z, err := zlib.NewReader(buffered)
	if err != nil {
		return false, nil
	}
	piece := make([]byte, 4096)
	for {
		n, err := z.Read(piece)
		if spent := f.account.Inflate(int64(n)); spent != nil {
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
