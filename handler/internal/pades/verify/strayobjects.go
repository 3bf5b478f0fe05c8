package verify

import (
	"context"
	"errors"
	"fmt"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

const (
	inObjectStream = "what looks like a signature dictionary is in an object stream, where no signature can be"
	inNoRevision   = "what looks like a signature dictionary is in an object that no cross-reference leads to"
)

// findStrayObjects searches all bytes of the document for signature dictionaries that no field has
// as its value. It adds those that the cross-references list, which are judged as any other. The
// report lists the rest as not judged.
func (e *examination) findStrayObjects(ctx context.Context) error {
	found, err := search(ctx, e.doc)
	if err != nil {
		return err
	}
	known := e.knownSpans()
	var unnamed []pdf.Ref
	for _, s := range found.found[nameByteRange] {
		if known.has(s.at) || e.aside.numbers[s.number] && listed(e.file, s) {
			continue
		}
		ref, why, err := e.identify(s)
		taken := false
		if err == nil && why == inNoRevision {
			taken, err = e.takeInFormer(ctx, found, s)
		}
		switch {
		case err != nil:
			return err
		case taken, why == inObjectStream: // searchObjectStreams searches it
		case why == "":
			unnamed = append(unnamed, ref)
		default:
			e.aside.leave(s.number, s.at, why)
		}
	}
	if found.full(nameByteRange) {
		e.aside.leave(0, 0,
			fmt.Sprintf("more than %d places in the file look like signatures: the others were not checked",
				maxSightings))
	}
	if err := e.takeIn(unnamed); err != nil {
		return err
	}
	return e.searchObjectStreams(found)
}

// aside lists what looks like a signature and is not judged.
type aside struct {
	all     []pades.Unjudged
	numbers map[int]bool // numbers of the recorded objects that the cross-references lead to
	// revisions that were searched for signature dictionaries, by their ends; nil = none ends there
	former map[int64]*pdf.File
}

// leave records something that is not judged.
func (a *aside) leave(number int, at int64, why string) {
	switch n := len(a.all); {
	case n < maxUnjudged:
		a.all = append(a.all, pades.Unjudged{Object: number, Offset: at, Detail: why})
	case n == maxUnjudged:
		a.all = append(a.all,
			pades.Unjudged{Detail: fmt.Sprintf("there are more than %d: the others are not listed", maxUnjudged)})
	}
}

// leaveObject records an object that is not judged and that the cross-references lead to.
func (e *examination) leaveObject(number int, why string) {
	entry, _ := e.file.Entry(number)
	if entry.Kind != pdf.EntryOffset {
		entry.Offset = 0
	}
	e.aside.leave(number, entry.Offset, why)
	e.aside.numbers[number] = true
}

// spans are places in the file.
type spans []pdf.Span

func (s spans) has(at int64) bool {
	for _, span := range s {
		if at >= span.Start && at < span.End {
			return true
		}
	}
	return false
}

// knownSpans gives the places of the signature dictionaries that are judged: from the beginning of
// the object to the end of the entries that make it a signature.
func (e *examination) knownSpans() spans {
	var all spans
	for _, s := range e.signatures {
		ref, keys := s.field.Ref, []pdf.Name{"V"}
		if value, ok := s.field.Value.(pdf.Ref); ok {
			ref, keys = value, []pdf.Name{"ByteRange", "Contents"}
		}
		entry, _ := e.file.Entry(ref.Number)
		for _, key := range keys {
			if place, err := e.file.Span(ref, key); err == nil {
				all = append(all, pdf.Span{Start: entry.Offset, End: place.End})
			}
		}
	}
	return all
}

// identify finds out what a sighting is: a signature dictionary that the cross-references list and
// that is not judged yet, or why it cannot be judged.
func (e *examination) identify(s sighting) (ref pdf.Ref, why string, err error) {
	if s.number == 0 {
		return ref, "what looks like a signature dictionary is in no object", nil
	}
	if !listed(e.file, s) {
		return ref, inNoRevision, nil
	}
	entry, _ := e.file.Entry(s.number)
	ref = pdf.Ref{Number: s.number, Generation: entry.Generation}
	object, err := e.file.Object(ref)
	if err != nil {
		why, err = unreadable(err)
		return ref, why, err
	}
	switch object := object.(type) {
	case pdf.Dict:
		if form.IsSignature(object) && !e.judged(ref) {
			return ref, "", nil
		}
		return ref, "what looks like a signature dictionary is not the value of a signature field", nil
	case *pdf.Stream:
		if object.Dict["Type"] == pdf.Name(nameObjectStream) {
			return ref, inObjectStream, nil
		}
		return ref, "what looks like a signature dictionary is within a stream", nil
	}
	return ref, "what looks like a signature dictionary is within another object", nil
}

// listed reports whether the cross-references of a file lead to the object that a sighting is in.
func listed(file *pdf.File, s sighting) bool {
	const near = 32 // bytes: readers find an object whose offset is slightly wrong
	entry, _ := file.Entry(s.number)
	return entry.Kind == pdf.EntryOffset && s.object >= entry.Offset-near && s.object <= entry.Offset+near
}

// unreadable gives the reason why something that looks like a signature is not judged, if the
// document is the cause. Any other error ends the verification.
func unreadable(err error) (string, error) {
	pdfErr, ok := errors.AsType[*pdf.Error](err)
	if !ok || pdfErr.Kind == pdf.TooComplex {
		return "", err
	}
	return "what looks like a signature dictionary cannot be read: " + pdfErr.Detail, nil
}

// judged reports whether a signature dictionary is among those that are judged.
func (e *examination) judged(ref pdf.Ref) bool {
	for _, s := range e.signatures {
		if s.field.Value == ref && s.former == nil {
			return true
		}
	}
	return false
}

// takeIn adds signature dictionaries that no field has as its value. If a page shows a widget with
// that value, the signature gets the name of the widget.
func (e *examination) takeIn(listed []pdf.Ref) error {
	if len(listed) == 0 {
		return nil
	}
	names, err := e.orphans(listed)
	if err != nil {
		return err
	}
	for _, ref := range listed {
		if e.judged(ref) {
			continue
		}
		field := names[ref]
		field.Value, field.Kind = ref, "Sig"
		dict, err := e.file.Dict(ref)
		if err == nil {
			err = e.addSignature(field, dict, "no field of the form has this signature: most readers do not show it")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// orphans finds the widgets on pages that have these values: fields that the form does not list.
func (e *examination) orphans(values []pdf.Ref) (map[pdf.Ref]form.Field, error) {
	wanted, found := map[pdf.Ref]bool{}, map[pdf.Ref]form.Field{}
	for _, ref := range values {
		wanted[ref] = true
	}
	var invalid error
	err := e.file.Pages(func(_ pdf.Ref, page pdf.Dict) bool {
		annotations, err := e.file.OptionalArray(page["Annots"])
		if invalid = e.file.Spend(int64(len(annotations)) * form.AnnotationCost); invalid != nil {
			return false
		}
		for _, annotation := range annotations {
			var widget pdf.Dict
			if widget, err = e.file.Dict(annotation); err != nil {
				break
			}
			if value, ok := widget["V"].(pdf.Ref); ok && wanted[value] {
				var name string
				if name, invalid = form.NameOf(e.file, widget); invalid != nil {
					return false
				}
				e.file.Give(int64(len(found[value].Name)))
				if invalid = e.file.Take(int64(len(name))); invalid != nil {
					return false
				}
				ref, _ := annotation.(pdf.Ref)
				found[value] = form.Field{Ref: ref, Dict: widget, Name: name}
			}
		}
		if !pades.IsOfDocument(err) {
			invalid = err
		}
		return invalid == nil && len(found) < len(wanted)
	})
	if pades.IsOfDocument(err) {
		err = nil // an unreadable page only leaves a signature without a name
	}
	return found, errors.Join(err, invalid)
}

// searchObjectStreams looks for signature dictionaries in object streams. No signature there can be
// sound, because its /ByteRange could not leave out its own /Contents.
func (e *examination) searchObjectStreams(found *searcher) error {
	left, limited, seen := maxSearchedBytes, found.full(nameObjectStream), map[int]bool{}
	for _, s := range found.found[nameObjectStream] {
		entry, _ := e.file.Entry(s.number)
		if entry.Kind != pdf.EntryOffset || seen[s.number] {
			continue // no cross-reference leads to the stream, nor to its objects
		}
		seen[s.number] = true
		searched, err := e.searchObjectStream(pdf.Ref{Number: s.number, Generation: entry.Generation})
		left -= searched
		if pades.LimitOf(err) != nil || left < 0 {
			limited = true
			break
		}
		if err != nil && !pades.IsOfDocument(err) {
			return err
		}
	}
	if limited {
		e.aside.leave(0, 0, "not all object streams were searched for signatures: they are too large")
	}
	return nil
}

// searchObjectStream looks for signature dictionaries in one object stream, and gives the number of
// its decoded bytes.
func (e *examination) searchObjectStream(ref pdf.Ref) (searched int, err error) {
	stream, err := e.file.Stream(ref)
	if err != nil || stream == nil {
		return 0, err
	}
	data, err := e.file.Decode(stream)
	if err != nil {
		return 0, err
	}
	defer e.file.Give(int64(cap(data)))
	e.searchMembers(ref.Number, stream.Dict, data)
	return len(data), nil
}
