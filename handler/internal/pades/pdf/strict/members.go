package strict

import (
	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
)

// Members is a decoded object stream: ISO 32000-2, 7.5.7.
type Members struct {
	Data    []byte
	First   int      // where the objects begin
	Numbers []uint32 // of the objects
	Offsets []uint32 // from First
}

// CheckMembers returns an irregularity in the data of an object stream: something that is no
// member, or a fault in a member; "" = there is none. Errors are those of the Reader.
func CheckMembers(a *bounds.Account, limits *bounds.Limits, m Members) (why string, err error) {
	begin := func() syntax.Lexer { return syntax.NewLexer(a, nil, int64(len(m.Data)), m.Data) }
	s := New(begin(), int64(len(m.Data)), limits)
	if s.head(m) {
		s.Lexer = begin()
		s.members(m)
	}
	if s.Pay(); s.Err() != nil {
		return "", s.Err()
	}
	return s.Why, nil
}

// head consumes the numbers and offsets in front of the objects of an object stream. Nothing else
// may stand there.
func (s *Reader) head(m Members) bool {
	for i, number := range m.Numbers {
		if !s.padding() || !s.stated(number) || !s.padding() || !s.stated(m.Offsets[i]) {
			return false
		}
	}
	return s.padding() && (int(s.Offset()) >= m.First || s.Refuse("something other than the objects is listed"))
}

func (s *Reader) stated(want uint32) bool {
	n, ok := s.integer()
	return ok && (n == int64(want) || s.Refuse("a number is missing"))
}

// members consumes the objects of an object stream in their order, with nothing but white space
// between them.
func (s *Reader) members(m Members) bool {
	s.Pass(m.First)
	for _, offset := range m.Offsets {
		if !s.padding() {
			return false
		}
		if int(s.Offset()) != m.First+int(offset) {
			return s.Refuse("there is something that is not listed")
		}
		if !s.object() || !s.SameStrings() {
			return false
		}
	}
	return s.padding() && (int(s.Offset()) == len(m.Data) || s.Refuse("something follows the objects"))
}
