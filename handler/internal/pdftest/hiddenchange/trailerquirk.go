package hiddenchange

import (
	"fmt"
	"strings"
)

// trailerQuirks are quirks in the dictionary of the trailer or of a cross-reference stream.
func trailerQuirks() []quirk {
	all := []quirk{
		entry("a size of one", "Size", fixed("/Size 1")),
		entry("a size below the objects", "Size", fixed("/Size 5")),
		entry("a negative size", "Size", fixed("/Size -1")),
		entry("a large size", "Size", fixed("/Size 8000000")),
		entry("a size out of bounds", "Size", fixed("/Size 99999999999")),
		entry("a real size", "Size", func(r *revision, _ int) string { return fmt.Sprintf("/Size %d.0", r.size) }),
		entry("no size", "Size", fixed("")),
		entry("a size elsewhere", "Size", fixed("/Size 60 0 R")),
		entry("no previous section", "Prev", fixed("")),
		entry("a previous section at 0", "Prev", fixed("/Prev 0")),
		entry("a previous section beyond the end", "Prev", fixed("/Prev 9999999")),
		entry("a negative previous section", "Prev", fixed("/Prev -1")),
		entry("a previous section that is itself", "Prev",
			func(_ *revision, start int) string { return fmt.Sprintf("/Prev %d", start) }),
		entry("a previous section off by one", "Prev",
			func(r *revision, _ int) string { return fmt.Sprintf("/Prev %d", r.prev+1) }),
		entry("a previous section before white space", "Prev",
			func(r *revision, _ int) string { return fmt.Sprintf("/Prev %d", r.prev-1) }),
		entry("a real previous section", "Prev",
			func(r *revision, _ int) string { return fmt.Sprintf("/Prev %d.0", r.prev) }),
		entry("a previous section that is a reference", "Prev",
			func(r *revision, _ int) string { return fmt.Sprintf("/Prev %d 0 R", r.prev) }),
		entry("a previous section with leading zeros", "Prev",
			func(r *revision, _ int) string { return fmt.Sprintf("/Prev %012d", r.prev) }),
		entry("a catalog of another generation", "Root", fixed("/Root 1 1 R")),
		entry("a catalog in the trailer", "Root",
			func(r *revision, _ int) string { return "/Root " + r.objects[0].text }),
		entry("no catalog", "Root", fixed("")),
		entry("a catalog that is nothing", "Root", fixed("/Root 60 0 R")),
		entry("an escaped key", "Root", fixed("/R#6fot 1 0 R")),
		entry("a key twice", "Root", fixed("/Root 1 0 R /Root 60 0 R")),
		entry("a key twice, escaped", "Root", fixed("/Root 1 0 R /R#6fot 60 0 R")),
		entry("a comment in the trailer", "Root", fixed("% a comment\n/Root 1 0 R")),
		entry("an unknown word in the trailer", "Root", fixed("/Root 1 0 R /Odd 1-2")),
		entry("encryption that is nothing", "Encrypt", fixed("/Encrypt null")),
		trailer("a trailer that ends early", false, func(text string, _ int) string { return text + " >>" }),
		trailer("a trailer without end", false,
			func(text string, _ int) string { return strings.TrimSuffix(text, ">>") }),
		trailer("no line ends and spaces in the trailer", false,
			func(text string, _ int) string { return strings.ReplaceAll(text, " /", "/") }),
	}
	over := entry("the previous section is passed over", "Prev",
		func(r *revision, _ int) string { return fmt.Sprintf("/Prev %d", oldest(r.prefix)) })
	over.only = string(Tables + " " + Streams + " " + Hybrid) // the first startxref of a linearised document is 0
	all = append(all, over)
	for name, value := range besideSections() {
		q := entry(name, "XRefStm", value)
		q.only, q.core = withTables, name == "a stream beside the table at 0"
		all = append(all, q)
	}
	return sortedQuirks(all)
}

// besideSections are values of /XRefStm that do not lead to a stream of the later revision.
func besideSections() map[string]func(*revision, int) string {
	at := func(offset func(r *revision, start int) int) func(*revision, int) string {
		return func(r *revision, start int) string { return fmt.Sprintf("/XRefStm %d", offset(r, start)) }
	}
	return map[string]func(*revision, int) string{
		"a stream beside the table at 0":              fixed("/XRefStm 0"),
		"a stream beside the table at 1":              fixed("/XRefStm 1"),
		"a stream beside the table at a real 0":       fixed("/XRefStm 0.0"),
		"a stream beside the table at minus 1":        fixed("/XRefStm -1"),
		"a stream beside the table beyond the end":    fixed("/XRefStm 9999999"),
		"a stream beside the table that is no number": fixed("/XRefStm /None"),
		"a stream beside the table that is itself":    at(func(_ *revision, start int) int { return start }),
		"a stream beside the table that is an object": at(func(r *revision, _ int) int { return r.objects[0].at }),
		"a stream beside the table, the previous":     at(func(r *revision, _ int) int { return r.prev }),
	}
}
