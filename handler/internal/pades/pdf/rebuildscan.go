package pdf

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"influxion/handler/internal/pades/pdf/bounds"
	"influxion/handler/internal/pades/pdf/syntax"
	"influxion/handler/internal/pades/pdf/xref"
)

// scan searches a file once for its objects and trailers, without using its cross-references.
type scan struct {
	file       *File
	at         int64 // where the search continues
	end        int64 // of the last object or trailer; keywords before it are part of that
	starts     int   // startxref keywords
	lastStart  int64
	trailer    Dict  // all trailers merged; newer entries replace older ones
	encrypted  bool  // a cross-reference stream names an encryption dictionary
	compressed int64 // offset of the first object stream or cross-reference stream; 0 = there is none
	containers []Ref // object streams
	found      xref.Found
}

// hit is a place where a keyword stands.
type hit struct {
	keyword string
	at      int
}

const (
	scanBack = 64 // bytes before obj in which its numbers are searched for
	hitCost  = 8
)

// run searches the file in windows that overlap, so that no keyword and no header is cut in two.
func (s *scan) run() error {
	const overlap = len("startxref")
	f := s.file
	origin := s.at
	buffer := make([]byte, scanBack+maxWindow)
	var hits []hit
	for s.at < f.size {
		from := max(origin, s.at-scanBack)
		window := buffer[:min(int64(len(buffer)), f.size-from)]
		if err := f.read(window, from); err != nil {
			return err
		}
		last := from+int64(len(window)) == f.size
		next := from + int64(len(window))
		if !last {
			next -= int64(overlap)
		}
		hits = findHits(hits[:0], window, int(s.at-from), int(next-from))
		for _, h := range hits {
			if err := f.account.Spend(hitCost); err != nil {
				return err
			}
			if err := s.take(window, from, h); err != nil {
				return err
			}
		}
		s.at = next
	}
	return nil
}

// findHits finds the keywords that begin in [from, to) of a window, in their order.
func findHits(hits []hit, window []byte, from, to int) []hit {
	for _, keyword := range []string{"obj", "trailer", "startxref"} {
		for at := from; ; {
			i := bytes.Index(window[at:], []byte(keyword))
			if i < 0 || at+i >= to {
				break
			}
			hits = append(hits, hit{keyword, at + i})
			at += i + len(keyword)
		}
	}
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Compare(a.at, b.at) })
	return hits
}

// take handles one hit in a window that begins at an offset of the file.
func (s *scan) take(window []byte, base int64, h hit) error {
	at := base + int64(h.at)
	if after := h.at + len(h.keyword); after < len(window) && syntax.IsRegular(window[after]) && h.keyword == "obj" {
		return nil
	}
	switch h.keyword {
	case "obj":
		ref, start, alone, ok := syntax.HeaderBefore(window[:h.at])
		switch {
		case !ok:
			return nil
		case !alone || base+int64(start) < s.end:
			return damagedAt(base+int64(start),
				"the cross-references are unusable, and readers do not agree on an object")
		}
		return s.object(ref, base+int64(start))
	case "trailer":
		if at >= s.end {
			return s.readTrailer(at)
		}
		if h.at > 0 && (window[h.at-1] == '\n' || window[h.at-1] == '\r') {
			return damagedAt(at, "the cross-references are unusable, and readers do not agree on a trailer")
		}
	case "startxref":
		if at >= s.end {
			s.starts, s.lastStart = s.starts+1, at
		}
	}
	return nil
}

// object records the object that begins at an offset. It also records one that cannot be parsed:
// only a caller that reads the object needs to know.
func (s *scan) object(ref Ref, offset int64) error {
	f := s.file
	if ref.Number >= f.limits.Objects {
		return tooComplex("the file has object numbers over %d", f.limits.Objects)
	}
	entry := Entry{Kind: EntryOffset, Offset: offset, Generation: ref.Generation}
	if err := s.found.Add(ref.Number, entry); err != nil {
		return err
	}
	object, _, err := f.readIndirect(offset)
	if typed, ok := errors.AsType[*Error](err); ok && typed.Kind == Damaged {
		s.end = offset + 1
		return nil
	}
	if err != nil {
		return err
	}
	s.end = max(f.parser.Behind, offset+1)
	stream, ok := object.(*Stream)
	if !ok {
		return nil
	}
	switch stream.Dict["Type"] {
	case Name("XRef"):
		s.encrypted = s.encrypted || stream.Dict["Encrypt"] != nil
		s.compressed = cmp.Or(s.compressed, offset)
	case Name("ObjStm"):
		s.compressed = cmp.Or(s.compressed, offset)
		s.containers = append(s.containers, ref)
	}
	return s.skipData(stream)
}

// skipData finds the end of a stream. Its length may be in an object that is not known yet.
func (s *scan) skipData(stream *Stream) error {
	f := s.file
	if length, direct := stream.Dict["Length"].(Integer); direct {
		fits, err := f.endsAfter(stream, int64(length))
		if fits || err != nil {
			s.end = stream.start + int64(length)
			return err
		}
	}
	length, err := f.searchEnd(stream.start)
	s.end = stream.start + length
	return err
}

func (s *scan) readTrailer(offset int64) error {
	p := &s.file.parser
	p.JumpTo(offset)
	trailer, err := xref.ReadTrailer(p)
	if err != nil {
		return bounds.Placed(err, func() string { return fmt.Sprintf("trailer at offset %d", offset) })
	}
	s.end = p.Offset()
	return s.addTrailer(trailer, offset)
}
