package sign

import (
	"crypto/x509"
	"errors"
	"math"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/appearance"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// checkAppearance refuses what no document can show. The rest is known once there is a page.
func checkAppearance(a *pades.Appearance) error {
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
	return nil
}

// caption is the text that a visible signature shows.
func caption(o pades.Options, signer *x509.Certificate) string {
	switch {
	case o.Appearance.HideText:
		return ""
	case o.Appearance.Text != "":
		return o.Appearance.Text
	}
	name := o.Name
	if name == "" {
		name = pades.CommonName(signer)
	}
	lines := []string{"Signed by " + name, "Date: " + o.Time.UTC().Format("2006-01-02 15:04:05 UTC")}
	if o.Reason != "" {
		lines = append(lines, "Reason: "+o.Reason)
	}
	if o.Location != "" {
		lines = append(lines, "Location: "+o.Location)
	}
	return strings.Join(lines, "\n")
}

// draw adds the form XObject of a visible signature for a box of that size, as it is shown, on a page that is turned so far.
func (r *increment) draw(options pades.Options, width, height float64, turned int) (pdf.Ref, error) {
	archive, err := readArchive(r.file, r.catalog)
	if err != nil {
		return pdf.Ref{}, err
	}
	opaque, err := archive.opaque(r.file, r.catalog)
	if err != nil {
		return pdf.Ref{}, err
	}
	drawing, err := appearance.Draw(appearance.Content{
		Text: caption(options, r.signer), Image: options.Appearance.Image, Font: options.Appearance.Font,
		Opaque: opaque, CIDSet: archive.part == "1",
	}, width, height)
	if fault, ok := errors.AsType[*appearance.Error](err); ok {
		return pdf.Ref{}, &pades.Error{Code: pades.CodeOptionInvalid, Detail: fault.Detail, Err: fault.Err}
	}
	if err != nil {
		return pdf.Ref{}, err
	}
	return r.update.Add(drawing.Form(r.update, turned)), nil
}
