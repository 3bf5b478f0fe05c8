package form_test

import (
	"testing"

	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// A signature dictionary has /ByteRange, or both /Contents and the /Type of a signature.
func TestIsSignature(t *testing.T) {
	t.Parallel()
	contents := pdf.String("x")
	for name, test := range map[string]struct {
		dict pdf.Dict
		want bool
	}{
		"a range":                      {pdf.Dict{"ByteRange": pdf.Array{}}, true},
		"a signature with contents":    {pdf.Dict{"Type": pdf.Name("Sig"), "Contents": contents}, true},
		"a timestamp with contents":    {pdf.Dict{"Type": pdf.Name("DocTimeStamp"), "Contents": contents}, true},
		"a signature without contents": {pdf.Dict{"Type": pdf.Name("Sig")}, false},
		"an annotation with contents":  {pdf.Dict{"Type": pdf.Name("Annot"), "Contents": contents}, false},
		"contents alone":               {pdf.Dict{"Contents": contents}, false}, "nothing": {nil, false},
	} {
		if got := form.IsSignature(test.dict); got != test.want {
			t.Errorf("%s: got a signature %v", name, got)
		}
	}
}
