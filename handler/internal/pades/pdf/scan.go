package pdf

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
)

// scan goes through a file once and finds what it defines without its cross-references.
type scan struct {
	file       *File
	at         int64 // where the search goes on
	end        int64 // of the object or trailer found last: whatever is before it is part of that
	starts     int   // startxref keywords
	lastStart  int64
	trailer    Dict // of all that were found, newer entries first
	compressed bool // there are objects or cross-references in compressed streams
}

// hit is a place where a keyword stands.
type hit struct {
	keyword string
	at      int
}

const (
	scanBack = 64 // the numbers before obj are looked for in so many bytes
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
			if err := f.budget.spend(hitCost); err != nil {
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

// take looks at one place of a window that begins at an offset of the file.
func (s *scan) take(window []byte, base int64, h hit) error {
	at := base + int64(h.at)
	if after := h.at + len(h.keyword); after < len(window) && class[window[after]] == regular && h.keyword == "obj" {
		return nil
	}
	switch h.keyword {
	case "obj":
		ref, start, alone, ok := headerBefore(window[:h.at])
		switch {
		case !ok:
			return nil
		case !alone || base+int64(start) < s.end:
			return damaged("the cross-references are unusable, and at offset %d readers may or may not see an object", base+int64(start))
		}
		return s.object(ref, base+int64(start))
	case "trailer":
		if at >= s.end {
			return s.readTrailer(at)
		}
		if h.at > 0 && (window[h.at-1] == '\n' || window[h.at-1] == '\r') {
			return damaged("the cross-references are unusable, and at offset %d readers may or may not see a trailer", at)
		}
	case "startxref":
		if at >= s.end {
			s.starts, s.lastStart = s.starts+1, at
		}
	}
	return nil
}

// object notes the object that begins at an offset. One that cannot be parsed is noted too: it matters only to whoever reads it.
func (s *scan) object(ref Ref, offset int64) error {
	f := s.file
	if ref.Number >= f.limits.Objects {
		return tooComplex("the file has object numbers over %d", f.limits.Objects)
	}
	f.index.reserve(ref.Number, 1)
	if known := f.index.get(ref.Number); known != 0 && known.entry().Generation != ref.Generation {
		return damaged("the cross-references are unusable, and object %d has two generations", ref.Number)
	}
	f.index.set(ref.Number, packOffset(offset, int64(ref.Generation)))
	object, _, err := f.readIndirect(offset)
	if fault, ok := errors.AsType[*Error](err); ok && fault.Fault == Damaged {
		s.end = offset + 1
		return nil
	}
	if err != nil {
		return err
	}
	s.end = max(f.parser.behind, offset+1)
	stream, ok := object.(*Stream)
	if !ok {
		return nil
	}
	switch stream.Dict["Type"] {
	case Name("XRef"):
		if err := checkEncryption(stream.Dict); err != nil {
			return err
		}
		s.compressed = true
	case Name("ObjStm"):
		s.compressed = true
	}
	return s.skipData(stream)
}

// skipData finds the end of a stream whose length may be in an object that is not known yet.
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
	p.seek(offset)
	trailer, err := s.file.readTrailer()
	if err != nil {
		return err
	}
	s.end = p.offset()
	return s.addTrailer(trailer)
}
