package filter

import (
	"bufio"
	"io"

	"influxion/handler/internal/pades/pdf/syntax"
)

// hexReader undoes ASCIIHexDecode: ISO 32000-2, 7.4.2.
type hexReader struct {
	reader *bufio.Reader
	ended  bool
}

func (h *hexReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && !h.ended {
		high, err := h.digit()
		if err != nil {
			return n, err
		}
		if h.ended {
			break
		}
		low, err := h.digit()
		if err != nil {
			return n, err
		}
		p[n] = high<<4 | low
		n++
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// digit returns the next digit; 0 = the end.
func (h *hexReader) digit() (byte, error) {
	for {
		c, err := h.reader.ReadByte()
		if err != nil {
			return 0, cutOff(err)
		}
		value, ok := syntax.HexDigit(c)
		switch {
		case ok:
			return value, nil
		case c == '>':
			h.ended = true
			return 0, nil
		case !syntax.IsWhite(c):
			return 0, damaged("a hexadecimal stream has another character")
		}
	}
}

// untilTilde ends at the end-of-data marker of ASCII85Decode: ISO 32000-2, 7.4.3.
type untilTilde struct {
	reader *bufio.Reader
	ended  bool
}

func (u *untilTilde) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && !u.ended {
		c, err := u.reader.ReadByte()
		if err != nil {
			return n, cutOff(err)
		}
		if u.ended = c == '~'; !u.ended {
			p[n] = c
			n++
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}
