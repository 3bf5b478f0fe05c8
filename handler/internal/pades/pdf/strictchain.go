package pdf

import (
	"slices"

	"influxion/handler/internal/pades/pdf/strict"
)

// checkChain checks that the update has exactly one cross-reference section, and that the section
// continues from the newest one of the earlier revision. It returns the first irregularity, or "".
func (u *updateCheck) checkChain() string {
	f, earlier := u.file, u.earlier
	newest, before := f.newest(), earlier.newest()
	older := func(a, b Section) bool { return a.Offset == b.Offset }
	if f.origin != earlier.origin || !slices.EqualFunc(f.Sections()[1:], earlier.Sections(), older) {
		return "the update has not exactly one cross-reference section that goes on from those before"
	}
	if newest.Offset < earlier.size || newest.Offset-f.origin-f.start < 0 ||
		newest.Offset-f.origin-f.start > strict.MaxLineEnd {
		return "startxref does not point exactly to the cross-reference section of the update"
	}
	previous, _ := newest.Trailer["Prev"].(Integer)
	if int64(previous) != earlier.start && f.origin+int64(previous) != before.Offset {
		return "/Prev does not point to the cross-reference section before"
	}
	if stream := newest.Trailer["XRefStm"]; stream != nil && stream != before.Trailer["XRefStm"] {
		return "a cross-reference stream stands beside the table of the update"
	}
	if newest.Ambiguous && newest.Kind != KindHybrid || newest.Odd {
		return "the cross-reference section of the update defines a number twice, or in a way that is not defined"
	}
	if newest.Kind == KindStream && !isUsual(newest.Trailer) {
		return "the cross-reference stream of the update has fields or a filter that not every reader knows"
	}
	size := sizeOf(newest)
	if size < sizeOf(before) {
		return "/Size is less than before"
	}
	if most := max(int64(sizeOf(before)), int64(earlier.highest())+1) + int64(count(newest.Objects)) +
		maxNumberGap; int64(size) > most {
		return "the update numbers its objects far beyond those before, where some readers know none"
	}
	if n := len(newest.Objects); n > 0 && int64(size) < int64(newest.Objects[n-1].First+newest.Objects[n-1].Count) {
		return "/Size is less than the cross-references list"
	}
	return ""
}

// checkCopied checks an update whose trailer names the cross-reference stream that the trailer
// before it names (/XRefStm). It returns the first irregularity, or "".
func (u *updateCheck) checkCopied() (string, error) {
	return u.file.chain.Copied(u.file.first, u.earlier.chain, u.earlier.first, &u.file.account)
}

// isUsual reports whether a cross-reference stream has rows of three fields, of which the type has
// one byte.
func isUsual(dict Dict) bool {
	widths, _ := dict["W"].(Array)
	return len(widths) == 3 && widths[0] == Integer(1)
}

// Unusual reports whether the newest section is a cross-reference stream that has fields of more
// than five bytes, or no entry for itself. Some writers make such streams. Some readers then repair
// the file, and so find the objects that Shadows reports. Unusual returns errors as Irregularity
// does.
func (f *File) Unusual() (bool, error) {
	const widest = 5 // offsets up to a terabyte
	newest := f.newest()
	if newest.Kind != KindStream {
		return false, nil
	}
	widths, _ := newest.Trailer["W"].(Array)
	if slices.ContainsFunc(widths, func(width Object) bool { n, ok := width.(Integer); return ok && n > widest }) {
		return true, nil
	}
	ref, err := f.refAt(newest.Offset)
	return f.find(ref.Number).Offset != newest.Offset, err
}

// maxNumberGap is how many object numbers an update may skip. Writers continue from /Size.
const maxNumberGap = 1024

func sizeOf(s *Section) Integer {
	size, _ := s.Trailer["Size"].(Integer)
	return size
}

func count(ranges []Range) (n int) {
	for _, r := range ranges {
		n += r.Count
	}
	return n
}
