package hostiletest

import (
	"fmt"
	"strings"
)

// rebuilt are files whose cross-references cannot be used, so that whoever signs them goes through
// them.
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
