package pades

import (
	"bytes"
	"errors"
	"io"
	"reflect"

	"influxion/handler/internal/pades/pdf"
)

// equal compares two objects without following references; streams by their dictionaries and their bytes as they stand.
func (c *comparison) equal(a, b pdf.Object) (bool, error) {
	before, ok := a.(*pdf.Stream)
	after, also := b.(*pdf.Stream)
	if !ok || !also {
		return reflect.DeepEqual(a, b), nil
	}
	if !reflect.DeepEqual(before.Dict, after.Dict) {
		return false, nil
	}
	left, err := c.old.Raw(before)
	if err != nil {
		return false, err
	}
	right, err := c.new.Raw(after)
	if err != nil {
		return false, err
	}
	return sameBytes(left, right)
}

func sameBytes(a, b *io.SectionReader) (bool, error) {
	if a.Size() != b.Size() {
		return false, nil
	}
	left, right := make([]byte, 32<<10), make([]byte, 32<<10)
	for {
		n, err := io.ReadFull(a, left)
		if _, other := io.ReadFull(b, right[:n]); other != nil && n > 0 {
			return false, other
		}
		if !bytes.Equal(left[:n], right[:n]) {
			return false, nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// differOnlyIn says whether two dictionaries agree in every entry but the named ones.
func differOnlyIn(a, b pdf.Dict, keys ...pdf.Name) bool {
	ignored := map[pdf.Name]bool{}
	for _, key := range keys {
		ignored[key] = true
	}
	for key, value := range a {
		if !ignored[key] && !reflect.DeepEqual(value, b[key]) {
			return false
		}
	}
	for key := range b {
		if _, ok := a[key]; !ok && !ignored[key] {
			return false
		}
	}
	return true
}
