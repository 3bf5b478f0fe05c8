package strict

// Table consumes a cross-reference table (7.5.4) and its trailer. One empty line may stand in front
// of the keyword trailer, as MuPDF writes it: every reader looks for the next token there.
func (s *Reader) Table() bool {
	if !s.keyword("xref") || !s.lineEnd() {
		return false
	}
	var last byte
	for c, _ := s.At(0); c >= '0' && c <= '9'; c, _ = s.At(0) {
		var ok bool
		if last, ok = s.subsection(); !ok {
			return false
		}
	}
	// Behind a carriage return, a line feed may belong to the entry, which then has 21 bytes.
	if c, _ := s.At(0); c == '\n' && last == '\n' {
		s.Skip(1)
	}
	s.nulls = false
	return s.keyword("trailer") && s.padding() && s.value(0) && (!s.nulls || s.Refuse("a trailer holds null"))
}

// subsection consumes the head of a subsection and its entries of 20 bytes each, and returns the
// last byte of the last entry.
func (s *Reader) subsection() (last byte, ok bool) {
	if _, ok := s.integer(); !ok {
		return 0, false
	}
	if !s.HasKeyword(" ") {
		return 0, s.Refuse("a subsection of the cross-references is broken")
	}
	count, ok := s.integer()
	if !ok || !s.lineEnd() {
		return 0, false
	}
	for range count {
		if s.Pay(); s.Err() != nil {
			return 0, false
		}
		text := s.Peek(20)
		if text == nil || !isEntry(text) {
			return 0, s.Refuse("a cross-reference entry is not one of 20 bytes")
		}
		last = text[19]
		s.Skip(20)
	}
	return last, true
}

// isEntry reports whether 20 bytes are "nnnnnnnnnn ggggg n" with a line end of two bytes. An entry
// in use must not have offset 0, because some readers take that for a damaged table.
func isEntry(text []byte) bool {
	for i, c := range text[:16] {
		if i == 10 && c != ' ' || i != 10 && (c < '0' || c > '9') {
			return false
		}
	}
	end := string(text[18:])
	inUse := text[17] == 'n' && string(text[:10]) != "0000000000"
	return text[16] == ' ' && (inUse || text[17] == 'f') && (end == "\r\n" || end == " \n" || end == " \r")
}

// Tail consumes what follows the cross-references: comments, startxref with its offset, the
// end-of-file marker, and white space to the end of the file.
func (s *Reader) Tail(start int64) bool {
	comments := 0
	for {
		if _, ok := s.Spaces(MaxSpace); !ok {
			return false
		}
		if c, _ := s.At(0); c != '%' {
			break
		}
		for {
			c, ok := s.At(0)
			if !ok || c == '\r' || c == '\n' {
				break
			}
			if comments++; comments > maxComment {
				return s.Refuse("a comment is longer than those of PDF writers")
			}
			s.Skip(1)
		}
	}
	if !s.keyword("startxref") || !s.lineEnd() {
		return false
	}
	if stated, ok := s.integer(); !ok || stated != start {
		return s.Refuse("startxref states another offset")
	}
	return s.lineEnd() && (s.HasKeyword("%%EOF") || s.Refuse("the end-of-file marker is missing")) && s.Blank()
}

// Blank consumes a little white space up to the end of the file.
func (s *Reader) Blank() bool {
	if _, ok := s.Spaces(MaxSpace); !ok {
		return false
	}
	_, more := s.At(0)
	return !more && s.Err() == nil || s.Refuse("something follows the end of the update")
}
