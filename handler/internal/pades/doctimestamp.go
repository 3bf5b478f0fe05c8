package pades

import (
	"context"
	"crypto"
	"fmt"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
)

// addTimestamp appends a document timestamp over all that is there: ISO 32000-2, 12.8.5, and ETSI EN 319 142-1, 5.4.3. A token that is
// too large for its place has the update made anew, once.
func (g *growth) addTimestamp(ctx context.Context, services Services) (*cms.Timestamp, error) {
	if err := services.serve(LevelBT); err != nil {
		return nil, err
	}
	header, err := headerVersion(g.original)
	if err != nil {
		return nil, err
	}
	size := services.tokenSize()
	for again := false; ; again = true {
		draft, err := g.draft(ctx, nil, func(file *pdf.File) (*revision, error) { return newTimestampRevision(file, header, size) })
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
		token, err := services.timestamp(ctx, imprint)
		if err != nil {
			return nil, err
		}
		if draft.fits(token.Raw) {
			if err := draft.seal(token.Raw); err != nil {
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
	return &Error{Code: CodeContentsTooSmall, Detail: "the timestamp token is larger than the place kept for it"}
}

// newTimestampRevision lays out the update for a token of at most size bytes. No certification and no lock stands against it: what
// only adds a document timestamp is no change of the document (ISO 32000-2, table 257).
func newTimestampRevision(file *pdf.File, header string, size int) (*revision, error) {
	r, allowed, err := openRevision(file)
	if err != nil {
		return nil, err
	}
	name, err := r.form.freeName(allowed)
	if err != nil {
		if name, err = r.form.freeName(&restrictions{}); err != nil {
			return nil, err
		}
	}
	r.keepPlaces(size)
	timestamp := r.update.Add(pdf.Dict{
		"Type": pdf.Name("DocTimeStamp"), "Filter": pdf.Name("Adobe.PPKLite"), "SubFilter": pdf.Name(subFilterTimestamp),
		"ByteRange": r.byteRange, "Contents": r.contents,
	})
	if r.blank, err = r.form.blankAppearance(file); err != nil {
		return nil, err
	}
	r.bare = !allowed.permits(FormFilling) || allowed.locked(name, true)
	if err := r.addField(name, timestamp); err != nil {
		return nil, err
	}
	return r, r.addExtension(header)
}

// blankAppearance finds the empty appearance of a signature field, or nil.
func (f *form) blankAppearance(file *pdf.File) (pdf.Object, error) {
	nothing := pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(0), pdf.Integer(0)}
	for _, field := range f.fields {
		if field.kind != "Sig" {
			continue
		}
		appearances, err := file.Dict(field.dict["AP"])
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
		if stream, ok := object.(*pdf.Stream); ok && alike(stream.Dict["BBox"], nothing) {
			return ref, nil
		}
	}
	return nil, nil
}
