package request

import (
	"context"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/server/request/memory"
)

// optionImage is the one option that is a file.
const optionImage = "image"

// maxImageBytes is far more than a picture of a signature or a logo needs.
const (
	maxImageBytes     = 4 << 20
	maxImagesInFlight = 8 // images must not wait for documents, so they have memory of their own
	imagePlace        = maxImageBytes + memory.SegmentSize
)

// appearance reads how a visible signature looks; nil = no visible signature is asked for. Any of
// its options that is not empty asks for one, unless visible=false.
func (o *options) appearance() (*pades.Appearance, error) {
	visible, err := o.flag("visible")
	if err != nil {
		return nil, err
	}
	asked := visible || o.image != nil
	for _, name := range []string{"page", "box", "text", "color", "background", "border"} {
		asked = asked || o.values[name] != ""
	}
	if !asked {
		return nil, nil
	}
	if o.values["visible"] == "false" {
		return nil, OptionInvalid("visible", "is false, and another option describes a visible signature")
	}
	a := &pades.Appearance{
		Image: o.image, Text: o.values["text"],
		Color: o.values["color"], Background: o.values["background"], Border: o.values["border"],
	}
	if text, chosen := o.values["text"]; chosen && text == "" {
		a.HideText = true
	}
	if page := o.values["page"]; page != "" {
		if a.Page, err = strconv.Atoi(page); err != nil || a.Page == 0 || a.Page < -1 {
			return nil, OptionInvalid("page", "is not a page number from 1, or -1 for the last page")
		}
	}
	if box := o.values["box"]; box != "" {
		if a.Box, err = readBox(box); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// readBox reads x,y,width,height in points.
func readBox(text string) (pades.Rectangle, error) {
	parts := strings.Split(text, ",")
	var numbers [4]float64
	invalid := OptionInvalid("box", "is not x,y,width,height in points, with a width and a height above 0")
	if len(parts) != len(numbers) {
		return pades.Rectangle{}, invalid
	}
	for i, part := range parts {
		number, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(number) || math.Abs(number) > 1e6 {
			return pades.Rectangle{}, invalid
		}
		numbers[i] = number
	}
	if numbers[2] <= 0 || numbers[3] <= 0 {
		return pades.Rectangle{}, invalid
	}
	return pades.Rectangle{X: numbers[0], Y: numbers[1], Width: numbers[2], Height: numbers[3]}, nil
}

// chooseImage reads the image to its end and notes it.
func (o *options) chooseImage(ctx context.Context, r io.Reader, reserved *memory.Reservation) error {
	if _, err := o.find(optionImage); err != nil {
		return err
	}
	if err := reserved.AtLeast(ctx, imagePlace); err != nil {
		return err
	}
	read, err := memory.ReadDocument(ctx, r, 0, maxImageBytes, reserved)
	switch {
	case errors.Is(err, memory.ErrTooLarge):
		return OptionInvalid(optionImage, "has more than "+strconv.Itoa(maxImageBytes)+" bytes")
	case errors.Is(err, memory.ErrEmpty):
		return OptionInvalid(optionImage, "is empty")
	case err != nil:
		return err
	}
	o.image = make([]byte, read.Size())
	if _, err = read.ReadAt(o.image, 0); err != nil {
		return err
	}
	b, pixels := budget.Of(ctx), pades.ImageMemory(o.image)
	if b == nil {
		return nil
	}
	b.Widen(pixels)
	return b.Take(ctx, pixels)
}
