package sign

import (
	"crypto/x509"
	"errors"
	"math"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/appearance"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// checkAppearance refuses options that no document can show. The options that depend on the page
// are checked later.
func checkAppearance(o pades.Options) error {
	a := o.Appearance
	if a == nil {
		return nil
	}
	for _, number := range []float64{a.Box.X, a.Box.Y, a.Box.Width, a.Box.Height} {
		if math.IsNaN(number) || math.IsInf(number, 0) || math.Abs(number) > form.MaxCoordinate {
			return pades.Invalid("the box of the visible signature is not a place on a page")
		}
	}
	if a.HideText && len(a.Image) == 0 {
		return pades.Invalid("a visible signature without text needs an image")
	}
	if a.Page < -1 {
		return pades.Invalid("the page of the visible signature is a number from 1, or -1 for the last one")
	}
	if _, err := look(a); err != nil {
		return err
	}
	return checkTemplate(a.Text, o.AllowLower)
}

// look reads the colours of a visible signature.
func look(a *pades.Appearance) (appearance.Look, error) {
	const none = "none"
	l := appearance.Look{Clear: a.Background == none}
	for _, option := range []struct {
		name, value string
		color       **appearance.Color
		none        bool // is allowed
	}{
		{"color", a.Color, &l.Color, false}, {"background", a.Background, &l.Background, true},
		{"border", a.Border, &l.Border, true},
	} {
		if option.value == "" || option.none && option.value == none {
			continue
		}
		color, err := appearance.ParseColor(option.value)
		if err != nil {
			return l, pades.Invalid("option " + option.name + " " + err.Error())
		}
		*option.color = &color
	}
	return l, nil
}

// content is what a visible signature shows.
func content(o pades.Options, signer *x509.Certificate) (appearance.Content, error) {
	a := o.Appearance
	c := appearance.Content{Image: a.Image, Font: a.Font}
	var err error
	if c.Look, err = look(a); err != nil || a.HideText {
		return c, err
	}
	if a.Text == "" {
		c.Caption = caption(o, signer)
		return c, nil
	}
	if c.Text = fillTemplate(a.Text, values(o, signer)); c.Text == "" && len(a.Image) == 0 {
		return c, pades.Invalid("the text of the visible signature is empty: none of its placeholders has a value")
	}
	return c, nil
}

// draw adds the form XObject of a visible signature. width and height are those of the box as it is
// shown, in points; turned is the rotation at which the signature reads upright, in degrees.
func (r *increment) draw(options pades.Options, width, height float64, turned int) (pdf.Ref, error) {
	archive, err := readArchive(r.file, r.catalog)
	if err != nil {
		return pdf.Ref{}, err
	}
	shown, err := content(options, r.signer)
	if err != nil {
		return pdf.Ref{}, err
	}
	if shown.Opaque, err = archive.opaque(r.file, r.catalog); err != nil {
		return pdf.Ref{}, r.file.At(r.root, err)
	}
	shown.CIDSet = archive.part == "1"
	drawing, err := appearance.Draw(shown, width, height)
	if appearanceErr, ok := errors.AsType[*appearance.Error](err); ok {
		return pdf.Ref{}, &pades.Error{Code: pades.CodeOptionInvalid, Detail: appearanceErr.Detail,
			Err: appearanceErr.Err}
	}
	if err != nil {
		return pdf.Ref{}, err
	}
	return r.update.Add(drawing.Form(r.update, turned)), nil
}
