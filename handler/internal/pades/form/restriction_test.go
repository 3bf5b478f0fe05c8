package form_test

import (
	"bytes"
	"strings"
	"testing"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
	"influxion/handler/internal/pdftest"
)

// lock is a lock of an earlier signature: signed = by a transform, and not by the /Lock of its
// field.
type lock struct {
	signed bool
	dict   pdf.Dict
}

// Locks restrict the next signer. The /Lock of a field binds signers of existing fields, a
// transform binds all signers, and /P can only restrict further (ISO 32000-2, 12.8.2.4 and table
// 236).
func TestLocksForSigners(t *testing.T) {
	t.Parallel()
	file, err := pdf.Open(t.Context(), bytes.NewReader(pdftest.Sample(0)), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	of := func(action pdf.Name, names ...string) pdf.Dict {
		var fields pdf.Array
		for _, name := range names {
			fields = append(fields, pdf.Text(name))
		}
		return pdf.Dict{"Action": action, "Fields": fields}
	}
	leaves := func(p int) lock { return lock{false, pdf.Dict{"Action": pdf.Name("Include"), "P": pdf.Integer(p)}} }
	all, one, but := of("All"), of("Include", "a"), of("Exclude", "a")
	visible := &pades.Appearance{}
	deep := strings.Repeat("b.", form.MaxLockedDepth) + "c"
	for _, test := range []struct {
		name     string
		locks    []lock
		field    string
		seen     *pades.Appearance
		existing bool
		allowed  bool
	}{
		{"nothing", nil, "a", visible, false, true},
		{"a field that another locks", []lock{{false, all}}, "a", nil, true, false},
		{"a new field where another locks all", []lock{{false, all}}, "a", nil, false, true},
		{"a field that a signature locks", []lock{{true, all}}, "a", nil, true, false},
		{"a new field where a signature locks all", []lock{{true, all}}, "a", nil, false, false},
		{"a field that is named later", []lock{{true, all}}, "", nil, false, true},
		{"a field that is listed", []lock{{true, one}}, "a", nil, true, false},
		{"a field below one that is listed", []lock{{true, one}}, "a.b", nil, true, false},
		{"a field with a longer name", []lock{{true, one}}, "ab", nil, true, true},
		{"a field that is not listed", []lock{{true, one}}, "b", nil, true, true},
		{"a field that is left out", []lock{{true, but}}, "a", nil, true, true},
		{"a field below one that is left out", []lock{{true, but}}, "a.b", nil, true, true},
		{"a field that is not left out", []lock{{true, but}}, "b", nil, true, false},
		{"a field of as many levels as are compared", []lock{{true, one}}, deep, nil, true, true},
		{"a field of too many levels", []lock{{true, one}}, "b." + deep, nil, true, false},
		{"a field that the second locks", []lock{{true, but}, {true, one}}, "a", nil, true, false},
		{"no changes left", []lock{leaves(1)}, "a", nil, true, false},
		{"filling left", []lock{leaves(2)}, "a", nil, false, true},
		{"filling left, for a new field that is seen", []lock{leaves(2)}, "a", visible, false, false},
		{"filling left, for a field that is there", []lock{leaves(2)}, "a", visible, true, true},
		{"comments left", []lock{leaves(3)}, "a", visible, false, true},
		{"more than there is", []lock{leaves(4)}, "a", visible, false, true},
		{"less than there is", []lock{leaves(0)}, "a", visible, false, true},
		{"the least of two", []lock{leaves(4), leaves(2)}, "a", visible, false, false},
		{"the least of two, first", []lock{leaves(2), leaves(3)}, "a", visible, false, false},
	} {
		r := &form.Restrictions{Seen: map[pdf.Ref]bool{}}
		for _, l := range test.locks {
			if err := r.AddLock(file, l.dict, l.signed); err != nil {
				t.Fatal(err)
			}
		}
		err := r.Allow(pades.Options{Field: test.field, Appearance: test.seen}, test.existing)
		if (err == nil) != test.allowed {
			t.Errorf("%s: got %v, want it allowed: %v", test.name, err, test.allowed)
		}
	}
}

// What a signature permits is not known if any entry that says so cannot be read.
func TestRestrictionsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	file, err := pdf.Open(t.Context(), bytes.NewReader(pdftest.Sample(0)), pdf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	other := pdf.Real("1.5")
	for name, locks := range map[string]pdf.Object{
		"a lock": other, "/Action": pdf.Dict{"Action": other}, "/Fields": pdf.Dict{"Fields": other},
		"a name": pdf.Dict{"Fields": pdf.Array{other}}, "/P": pdf.Dict{"P": other},
	} {
		if err := new(form.Restrictions).AddLock(file, locks, false); err == nil {
			t.Errorf("%s of a lock: got no error", name)
		}
		reference := pdf.Dict{"TransformMethod": pdf.Name("FieldMDP"), "TransformParams": locks}
		if err := signedWith(file, pdf.Array{reference}); err == nil {
			t.Errorf("%s of a transform: got no error", name)
		}
	}
	for name, references := range map[string]pdf.Object{
		"/Reference": other, "a reference": pdf.Array{other},
		"/TransformMethod": pdf.Array{pdf.Dict{"TransformMethod": other}},
		"/P of a certification": pdf.Array{pdf.Dict{"TransformMethod": pdf.Name("DocMDP"),
			"TransformParams": pdf.Dict{"P": other}}},
	} {
		if err := signedWith(file, references); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func signedWith(file *pdf.File, references pdf.Object) error {
	r := &form.Restrictions{Seen: map[pdf.Ref]bool{}}
	return r.AddSignature(file, pdf.Dict{"Reference": references})
}
