package sign

import (
	"context"
	"crypto"
	"fmt"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// addTimestamp appends a document timestamp over all existing bytes: ISO 32000-2, 12.8.5, and ETSI
// EN 319 142-1, 5.4.3. If the token is too large for its place, addTimestamp makes the update
// again, once.
func (g *appended) addTimestamp(ctx context.Context, services pades.Services) (*cms.Timestamp, error) {
	if err := serves(services, pades.LevelBT); err != nil {
		return nil, err
	}
	header, err := headerVersion(g.original)
	if err != nil {
		return nil, err
	}
	size := tokenSize(services)
	for again := false; ; again = true {
		draft, err := g.draft(ctx, nil,
			func(file *pdf.File) (*increment, error) { return newTimestampIncrement(file, header, size) })
		if err != nil {
			return nil, err
		}
		before, err := g.read(ctx, crypto.SHA256)
		if err != nil {
			return nil, err
		}
		imprint, err := draft.digest(before)
		if err != nil {
			return nil, err
		}
		token, err := timestamp(ctx, services, imprint)
		if err != nil {
			return nil, err
		}
		if draft.fits(token.Raw) {
			if err := draft.fillContents(token.Raw); err != nil {
				return nil, err
			}
			g.append(draft.increment)
			return token, nil
		}
		if again {
			return nil, tokenTooLarge()
		}
		size = len(token.Raw) + tokenSlack
	}
}

func tokenTooLarge() error {
	return &pades.Error{Code: pades.CodeContentsTooSmall,
		Detail: "the timestamp token is larger than the space reserved for it"}
}

// newTimestampIncrement lays out the update for a token of at most size bytes. No certification and
// no lock forbids it: an update that only adds a document timestamp does not count as a change of
// the document (ISO 32000-2, table 257).
func newTimestampIncrement(file *pdf.File, header string, size int) (*increment, error) {
	r, err := openIncrement(file)
	if err != nil {
		return nil, err
	}
	name, err := r.form.FreeName(r.allowed)
	if err != nil {
		if name, err = r.form.FreeName(&form.Restrictions{}); err != nil {
			return nil, err
		}
	}
	if err := checkRights(file, false); err != nil {
		return nil, err
	}
	r.keepPlaces(size)
	timestamp := r.update.Add(pdf.Dict{
		"Type": pdf.Name("DocTimeStamp"), "Filter": pdf.Name("Adobe.PPKLite"),
		"SubFilter": pdf.Name(pades.SubFilterTimestamp),
		"ByteRange": r.byteRange, "Contents": r.contents,
	})
	if r.unseen.blank, err = blankAppearance(r.form, file); err != nil {
		return nil, err
	}
	r.unseen.bare = !r.allowed.Permits(pades.FormFilling) || r.allowed.Locked(name, true)
	if err := r.addField(name, timestamp); err != nil {
		return nil, err
	}
	return r, r.addExtension(header)
}

// blankAppearance finds the empty appearance of a signature field, or nil.
func blankAppearance(f *form.Form, file *pdf.File) (pdf.Object, error) {
	for _, field := range f.Fields {
		if field.Kind != "Sig" {
			continue
		}
		appearances, err := file.Dict(field.Dict["AP"])
		if err != nil {
			return nil, fmt.Errorf("read /AP: %w", err)
		}
		ref, ok := appearances["N"].(pdf.Ref)
		if !ok {
			continue
		}
		object, err := file.Object(ref)
		if err != nil {
			return nil, fmt.Errorf("read /AP: %w", err)
		}
		if stream, ok := object.(*pdf.Stream); ok && isNothing(stream.Dict["BBox"]) {
			return ref, nil
		}
	}
	return nil, nil
}

// isNothing reports whether a box is [0 0 0 0], written with integers.
func isNothing(box pdf.Object) bool {
	corners, ok := box.(pdf.Array)
	return ok && len(corners) == 4 &&
		!slices.ContainsFunc(corners, func(c pdf.Object) bool { return c != pdf.Integer(0) })
}
