package diff

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// updated appends an update that sets entries of objects.
func updated(t *testing.T, document []byte, junk string, objects map[int]pdf.Dict) []byte {
	t.Helper()
	file, err := pdf.Open(t.Context(), bytes.NewReader(document), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	u := file.NewUpdate()
	for number, entries := range objects {
		ref := pdf.Ref{Number: number}
		dict, err := file.Dict(ref)
		if err != nil || dict == nil {
			t.Fatal(dict, err)
		}
		dict = dict.Clone()
		for key, value := range entries {
			if stream, ok := value.(*pdf.Stream); ok {
				value = u.Add(stream)
			}
			dict[key] = value
		}
		u.Set(ref, dict)
	}
	increment, err := u.Bytes(nil)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(document, increment, []byte(junk))
}

// changesOf gives the changes of each revision after the first one.
func changesOf(t *testing.T, revisions ...[]byte) (all []Changes) {
	t.Helper()
	file, err := pdf.Open(t.Context(), bytes.NewReader(revisions[len(revisions)-1]), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	c := NewComparer(file)
	for i, revision := range revisions {
		step, _, err := c.Advance(t.Context(), int64(len(revision)), nil)
		if err != nil || (step == nil) != (i == 0) {
			t.Fatal(step, err)
		}
		if step != nil {
			all = append(all, step.Changes)
		}
	}
	return all
}

func metadataOf(size int) map[int]pdf.Dict {
	return map[int]pdf.Dict{1: {"Metadata": pdf.NewStream(pdf.Dict{}, bytes.Repeat([]byte(" "), size))}}
}

// A limit ends the comparison: all later changes are not evaluated. The changes that were found
// before the limit stay.
func TestLimitsEndTheComparison(t *testing.T) {
	t.Parallel()
	first := pdftest.File{Objects: pdftest.Pages(1, "")}.Bytes()
	store := map[int]pdf.Dict{1: {"DSS": pdf.Dict{}}}
	for name, test := range map[string]struct {
		size int    // of the metadata
		junk string // behind the update
		want []pades.Change
	}{
		"up to the limit": {maxPacket, "", []pades.Change{pades.ChangeOther, pades.ChangeDSS}},
		"beyond the limit": {maxPacket + 1, "",
			[]pades.Change{pades.ChangeNotEvaluated, pades.ChangeNotEvaluated}},
		"beyond the limit, and irregular": {maxPacket + 1, "junk\n",
			[]pades.Change{pades.ChangeOther, pades.ChangeNotEvaluated}},
	} {
		second := updated(t, first, test.junk, metadataOf(test.size))
		for i, got := range changesOf(t, first, second, updated(t, second, "", store)) {
			if got.Gravest != test.want[i] || (got.Detail == "") != (got.Gravest == pades.ChangeDSS) {
				t.Errorf("%s: got %s (%s) in update %d, want %s", name, got.Gravest, got.Detail, i+1, test.want[i])
			}
			verdict, _ := errors.AsType[*pades.VerdictError](got.Against(&form.Restrictions{}))
			if limited := verdict != nil && verdict.Sub == pades.LimitReached; limited !=
				(got.Gravest == pades.ChangeNotEvaluated) {
				t.Errorf("%s: got %v of %s", name, verdict, got.Gravest)
			}
		}
	}
}

// An addition is reported once for each place, and at most pades.MaxAdditions are reported.
func TestAdditionsThatAreTold(t *testing.T) {
	t.Parallel()
	first := pdftest.File{Objects: pdftest.Pages(1, "")}.Bytes()
	notes := func(count, width int) map[int]pdf.Dict {
		var all pdf.Array
		for i := range count {
			all = append(all, pdf.Dict{"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Text"),
				"Contents": pdf.Text(fmt.Sprint(i)),
				"Rect":     pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(9 + i*width), pdf.Integer(9)}})
		}
		return map[int]pdf.Dict{3: {"Annots": all}}
	}
	for name, test := range map[string]struct {
		count, width, told int
		detail             string
	}{
		"one":            {1, 1, 1, "1 comment added or changed"},
		"as many":        {pades.MaxAdditions, 1, pades.MaxAdditions, "100 comments added or changed"},
		"more":           {pades.MaxAdditions + 1, 1, pades.MaxAdditions, "101 comments added or changed"},
		"two in a place": {2, 0, 1, "2 comments added or changed"},
	} {
		got := changesOf(t, first, updated(t, first, "", notes(test.count, test.width)))[0]
		if len(got.Added) != test.told || got.commentsAdded() != test.detail || got.Gravest != pades.ChangeAnnotation {
			t.Errorf("%s: got %s, %d additions and %q, want %d and %q", name, got.Gravest, len(got.Added),
				got.commentsAdded(), test.told, test.detail)
		}
	}
}

// Only damage is caused by the document; a limit and a failure of the source are not.
func TestIsDamaged(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want bool
	}{
		{nil, false}, {errors.New("of the source"), false}, {&pdf.Error{Kind: pdf.Damaged}, true},
		{&pdf.Error{Kind: pdf.TooComplex}, false}, {&pdf.Error{Kind: pdf.Encrypted}, true},
		{fmt.Errorf("read: %w", &pdf.Error{Kind: pdf.Damaged}), true},
		{&pades.Error{Code: pades.CodeDamaged}, true}, {&pades.Error{Code: pades.CodeTooComplex}, false},
	} {
		if got := isDamaged(test.err); got != test.want {
			t.Errorf("%v: got damaged %v", test.err, got)
		}
	}
}
