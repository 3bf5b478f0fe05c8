package hostiletest

import (
	"fmt"
	"strings"
)

// rebuilt are files with unusable cross-references, so that a signer has to scan the whole file for
// objects.
func rebuilt() map[string][]byte {
	all := map[string][]byte{}
	for name, text := range map[string]string{
		"strings without end": repeated(40_000,
			func(i int) string { return fmt.Sprintf("%d 0 obj\n(\nendobj\n", i+4) }),
		"streams without end": repeated(25_000,
			func(i int) string { return fmt.Sprintf("%d 0 obj\n<<>>\nstream\nx\n", i+4) }),
		"keywords without numbers": strings.Repeat("obj ", 250_000),
		"headers":                  repeated(60_000, func(i int) string { return fmt.Sprintf("%d 0 obj\n", i*100+4) }),
		"headers of one object":    strings.Repeat("4 0 obj\n", 120_000),
		"trailers":                 strings.Repeat("trailer\n<</Root 1 0 R/A[<</B 1>>]>>\n", 28_000),
		"startxref":                strings.Repeat("startxref\n", 95_000),
		"arrays without end": repeated(40_000,
			func(i int) string { return fmt.Sprintf("%d 0 obj\n[[[[\nendobj\n", i+4) }),
		"hexadecimal without end": repeated(40_000,
			func(i int) string { return fmt.Sprintf("%d 0 obj\n<41\nendobj\n", i+4) }),
		"strings without end in arrays": repeated(35_000,
			func(i int) string { return fmt.Sprintf("%d 0 obj\n[/A(\nendobj\n", i+4) }),
		"strings without end in dictionaries": repeated(32_000,
			func(i int) string { return fmt.Sprintf("%d 0 obj\n<</A 1/B(\nendobj\n", i+4) }),
		"strings without end of escapes": repeated(30_000,
			func(i int) string { return fmt.Sprintf("%d 0 obj\n(\\(\\050\\\n\r\nendobj\n", i+4) }),
		"strings without end behind long ones": repeated(250, func(i int) string {
			return fmt.Sprintf("%d 0 obj\n[(%s)(\nendobj\n", i+4, strings.Repeat("x", 3500))
		}),
		"a long string without end": "4 0 obj\n(" + strings.Repeat("x", 900_000),
		"strings that end in each other": repeated(30_000,
			func(i int) string { return fmt.Sprintf("%d 0 obj\n((\nendobj\n", i+4) }) + strings.Repeat(")", 60_000),
		"streams of no length": repeated(17_000,
			func(i int) string { return fmt.Sprintf("%d 0 obj\n<<>>\nstream\nx\nendstream\nendobj\n", i+4) }),
		"streams of wrong lengths": repeated(15_000,
			func(i int) string { return fmt.Sprintf("%d 0 obj\n<</Length 9>>\nstream\nx\nendstream\nendobj\n", i+4) }),
		"dictionaries without end": repeated(30_000,
			func(i int) string { return fmt.Sprintf("%d 0 obj\n<</A<</B<</C\nendobj\n", i+4) }),
		"arrays of names without end": repeated(50, func(i int) string {
			return fmt.Sprintf("%d 0 obj\n[%s\nendobj\n", i+4, strings.Repeat("/AB ", 4000))
		}),
		"long hexadecimal without end": repeated(50, func(i int) string {
			return fmt.Sprintf("%d 0 obj\n<%s\nendobj\n", i+4, strings.Repeat("41", 8000))
		}),
		"long names": repeated(80, func(i int) string {
			return fmt.Sprintf("%d 0 obj\n/%s\nendobj\n", i+4, strings.Repeat("#41", 3900))
		}),
		"nothing but space": strings.Repeat(" \n", 500_000),
		"comments":          strings.Repeat("%obj\n", 200_000),
	} {
		l := newLayout(nil).page("")
		l.WriteString(text)
		fmt.Fprintf(l, "trailer\n<</Root 1 0 R/Size 5>>\nstartxref\n7\n%%%%EOF\n")
		all["rebuilt: "+name] = l.Bytes()
	}
	return all
}
