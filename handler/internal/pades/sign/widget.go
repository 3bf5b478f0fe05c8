package sign

import (
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/appearance"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

const (
	maxWidgets = 20 // of one signature field, each of which is drawn

	// Flags of annotations that are not shown: Invisible, Hidden and NoView (ISO 32000-2, table
	// 167).
	unseenFlags = 1 | 2 | 32
)

// newWidget returns the page of a new field's widget and the entries of its appearance.
func (r *increment) newWidget() (*form.Page, pdf.Dict, error) {
	wanted := r.options.Appearance
	if wanted == nil {
		ref, dict, err := r.unseenPage()
		if err != nil {
			return nil, nil, err
		}
		return &form.Page{Ref: ref, Dict: dict}, pdf.Dict{"Rect": form.Corners{}.Array()}.With(r.unseenEntries()), nil
	}
	page, box, err := r.place(*wanted)
	if err != nil {
		return nil, nil, err
	}
	rect, err := page.Place(box)
	if err != nil {
		return nil, nil, err
	}
	drawn, err := r.draw(r.options, box.Width, box.Height, page.Turned)
	if err != nil {
		return nil, nil, err
	}
	entries := pdf.Dict{"Rect": rect.Array(), "AP": pdf.Dict{"N": drawn}}
	if page.Turned != 0 {
		entries["MK"] = pdf.Dict{"R": pdf.Integer(page.Turned)}
	}
	return page, entries, nil
}

// place returns the page and the box of a visible signature in a new field.
func (r *increment) place(wanted pades.Appearance) (*form.Page, pades.Rectangle, error) {
	chosen := wanted.Box != (pades.Rectangle{})
	if !chosen && wanted.Page == 0 {
		wanted.Page = -1
	}
	ref, dict, err := form.FindPage(r.file, wanted.Page)
	if err != nil {
		return nil, pades.Rectangle{}, err
	}
	page, err := form.NewPage(r.file, ref, dict)
	if err != nil || chosen {
		return page, wanted.Box, err
	}
	box, err := page.DefaultBox(r.file)
	return page, box, err
}

// unseenEntries are the appearance entries of a new invisible widget.
func (r *increment) unseenEntries() pdf.Dict {
	switch {
	case r.unseen.blank != nil:
		return pdf.Dict{"AP": pdf.Dict{"N": r.unseen.blank}}
	case r.unseen.bare:
		return nil
	}
	return pdf.Dict{"AP": pdf.Dict{"N": r.update.Add(appearance.Empty(0, 0))}}
}

// fillWidgets sets the appearance of the widgets of an existing field. The field itself is its only
// widget, or its kids are its widgets.
func (r *increment) fillWidgets(field *form.Field, signature pdf.Ref) error {
	if r.options.Appearance != nil && r.options.Appearance.Box != (pades.Rectangle{}) {
		return pades.Invalid("an existing field has a box of its own, which cannot be changed: leave out the box")
	}
	kids, err := r.file.Array(field.Dict["Kids"])
	if err != nil {
		return fmt.Errorf("read /Kids of a form field: %w", err)
	}
	widgets := kids
	if field.Dict["Subtype"] == pdf.Name("Widget") {
		widgets = pdf.Array{field.Ref}
	}
	if r.keepsWidgets(field, kids) {
		return nil
	}
	if len(widgets) > maxWidgets {
		return &pades.Error{Code: pades.CodeFieldUnusable, Detail: "the field of this name is shown in too many places"}
	}
	var seen []pdf.Ref
	for _, widget := range widgets {
		ref, ok := widget.(pdf.Ref)
		if !ok {
			return &pades.Error{Code: pades.CodeFieldUnusable,
				Detail: "a widget of the field of this name is a direct object"}
		}
		isSeen, err := r.setWidget(ref, field, signature)
		if err != nil {
			return err
		}
		if isSeen {
			seen = append(seen, ref)
		}
	}
	if r.options.Appearance == nil {
		return nil
	}
	if len(seen) == 0 {
		return pades.Invalid("the field of this name has no box: a signature in it cannot be visible")
	}
	return r.list(seen)
}

// setWidget sets the appearance and the value of a widget of an existing field. It reports whether
// the widget has a box that is seen.
func (r *increment) setWidget(ref pdf.Ref, field *form.Field, signature pdf.Ref) (seen bool, err error) {
	dict, err := r.file.Dict(ref)
	if err != nil {
		return false, err
	}
	rect, err := readWidgetRect(r.file, dict)
	if err != nil {
		return false, r.file.At(ref, err)
	}
	entries, err := r.fillWidget(ref, dict, rect)
	if err != nil {
		return false, r.file.At(ref, err)
	}
	if dict == nil {
		return false, nil
	}
	// A widget that is a separate object gets the value, too, because Poppler looks for the value
	// only there.
	value := pdf.Dict{"V": signature}
	if ref == field.Ref {
		value = r.filled(field, signature)
	}
	r.update.Set(ref, dict.With(entries).With(value))
	return rect.Seen(), nil
}

// keepsWidgets reports whether the widgets of a field must not change. That is so if they are
// separate objects that an earlier signature covers, because strict verifiers treat every change of
// them as forbidden. Then only the field has the value, and Poppler does not find it.
func (r *increment) keepsWidgets(field *form.Field, kids pdf.Array) bool {
	keeps := r.allowed.Signed() && r.options.Appearance == nil && len(kids) > 0 &&
		field.Dict["Subtype"] != pdf.Name("Widget")
	if keeps {
		r.remark("the field's widget is a separate object that an earlier signature covers, so it stays as it is: " +
			"some readers do not show the new signature")
	}
	return keeps
}

// fillWidget returns the new entries of one widget; nil = it does not change, because it is
// invisible.
func (r *increment) fillWidget(ref pdf.Ref, widget pdf.Dict, rect form.Corners) (pdf.Dict, error) {
	width, height := rect.Width(), rect.Height()
	if !rect.Seen() {
		if widget["AP"] != nil || widget == nil {
			return nil, nil
		}
		return pdf.Dict{"AP": pdf.Dict{"N": r.update.Add(appearance.Empty(0, 0))}}, nil
	}
	if r.options.Appearance == nil {
		return pdf.Dict{"AP": pdf.Dict{"N": r.update.Add(appearance.Empty(width, height))}}, nil
	}
	flags, err := r.file.Integer(widget["F"])
	if err != nil {
		return nil, fmt.Errorf("read /F: %w", err)
	}
	if flags&unseenFlags != 0 {
		return nil, &pades.Error{Code: pades.CodeFieldUnusable,
			Detail: "the field of this name is hidden: a signature in it cannot be visible"}
	}
	turned, unit, err := r.widgetTurned(ref, widget)
	if err != nil {
		return nil, err
	}
	width, height = width*unit, height*unit // readers scale the drawing to the box
	if turned%180 != 0 {
		width, height = height, width
	}
	drawn, err := r.draw(r.options, width, height, turned)
	if err != nil {
		return nil, err
	}
	return r.tagExisting(ref, widget, pdf.Dict{"AP": pdf.Dict{"N": drawn}})
}

// tagExisting adds the entries of a widget that has no place in the structure tree of a tagged
// document.
func (r *increment) tagExisting(ref pdf.Ref, widget, entries pdf.Dict) (pdf.Dict, error) {
	if !r.tagged() || widget["StructParent"] != nil {
		return entries, nil
	}
	page, _, err := r.widgetPage(ref, widget)
	if err != nil {
		return nil, err
	}
	tagged, err := r.tag(ref, page.Ref)
	return entries.With(tagged), err
}

func readWidgetRect(file *pdf.File, widget pdf.Dict) (form.Corners, error) {
	if widget["Rect"] == nil {
		return form.Corners{}, nil
	}
	rect, err := form.ReadCorners(file, widget["Rect"])
	if err != nil {
		return form.Corners{}, err
	}
	return *rect, nil
}

// widgetTurned returns the rotation at which an existing widget reads upright: its own (/MK /R), or
// else the rotation of its page. It also returns the unit of the page.
func (r *increment) widgetTurned(ref pdf.Ref, widget pdf.Dict) (turned int, unit float64, err error) {
	page, _, err := r.widgetPage(ref, widget)
	if err != nil {
		return 0, 0, err
	}
	if number := r.options.Appearance.Page; number != 0 {
		wanted, _, err := form.FindPage(r.file, number)
		if err != nil {
			return 0, 0, err
		}
		if wanted != page.Ref {
			return 0, 0, pades.Invalid("the field of this name is on another page")
		}
	}
	characteristics, err := r.file.Dict(widget["MK"])
	if err != nil {
		return 0, 0, fmt.Errorf("read /MK: %w", err)
	}
	if characteristics["R"] == nil {
		return page.Turned, page.Unit, nil
	}
	turned, err = form.QuarterTurns(r.file, characteristics["R"])
	return turned, page.Unit, err
}
