package pades

import (
	"errors"
	"math"
	"strings"

	"influxion/handler/internal/pades/appearance"
	"influxion/handler/internal/pades/pdf"
)

// Rectangle is a place on a page as it is shown: in points, from the lower left corner of the crop box after rotation. On a page with a
// /UserUnit, it counts in that unit, as the page's own boxes do.
type Rectangle struct{ X, Y, Width, Height float64 }

// Appearance is what a visible signature shows.
type Appearance struct {
	// Page is the number of the page, from 1; -1 is the last one, 0 the first. An existing field has its own page, and 0 stands for it.
	Page int
	// Box is where. The zero Rectangle takes the existing field's own box, which cannot be changed; a new field needs one.
	Box Rectangle
	// Text is Unicode, its lines separated by line feeds, at most 8192 bytes; "" shows who signed, when, and the reason and location if
	// there are any. It is set as large as it fits, between 4 and 12 points.
	Text string
	// Image is a PNG or JPEG file, shown beside the text, or alone when HideText is set; nil = none. At most 5 MiB.
	Image    []byte
	HideText bool
	// Font is a TrueType file for the text, whose maker permits embedding; nil = the built-in one. At most 32 MiB.
	Font []byte
}

// CheckFont says why a font cannot be an Appearance's; nil if it can.
func CheckFont(font []byte) error { return appearance.CheckFont(font) }

// check refuses what no document can show. The rest is known once there is a page.
func (a *Appearance) check() error {
	if a == nil {
		return nil
	}
	for _, number := range []float64{a.Box.X, a.Box.Y, a.Box.Width, a.Box.Height} {
		if math.IsNaN(number) || math.IsInf(number, 0) || math.Abs(number) > maxCoordinate {
			return invalid("the box of the visible signature is not a place on a page")
		}
	}
	if a.HideText && len(a.Image) == 0 {
		return invalid("a visible signature without text needs an image")
	}
	if a.Page < -1 {
		return invalid("the page of the visible signature is a number from 1, or -1 for the last one")
	}
	return nil
}

// caption is the text that a visible signature shows.
func (o Options) caption() string {
	switch {
	case o.Appearance.HideText:
		return ""
	case o.Appearance.Text != "":
		return o.Appearance.Text
	}
	name := o.Name
	if name == "" {
		name = CommonName(o.signer)
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
func (r *revision) draw(options Options, width, height float64, turned int) (pdf.Ref, error) {
	archive, err := readArchive(r.file, r.catalog)
	if err != nil {
		return pdf.Ref{}, err
	}
	opaque, err := archive.opaque(r.file, r.catalog)
	if err != nil {
		return pdf.Ref{}, err
	}
	drawing, err := appearance.Draw(appearance.Content{
		Text: options.caption(), Image: options.Appearance.Image, Font: options.Appearance.Font,
		Opaque: opaque, CIDSet: archive.part == "1",
	}, width, height)
	if fault, ok := errors.AsType[*appearance.Error](err); ok {
		return pdf.Ref{}, &Error{Code: CodeOptionInvalid, Detail: fault.Detail, Err: fault.Err}
	}
	if err != nil {
		return pdf.Ref{}, err
	}
	return r.update.Add(drawing.Form(r.update, turned)), nil
}
