package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// settings say how to print a page: the fields of the form. The members of printing are the
// parameters of Page.printToPDF.
type settings struct {
	printing printing
	media    string // CSS media type
	// a page is not printed if one of its files does not load
	failOnMissing bool
}

// printing holds the parameters of Page.printToPDF in the Chrome DevTools Protocol; lengths are in
// inches.
type printing struct {
	Landscape               bool    `json:"landscape"`
	PrintBackground         bool    `json:"printBackground"`
	PreferCSSPageSize       bool    `json:"preferCSSPageSize"`
	GenerateTaggedPDF       bool    `json:"generateTaggedPDF"`
	GenerateDocumentOutline bool    `json:"generateDocumentOutline"`
	Scale                   float64 `json:"scale"`
	PaperWidth              float64 `json:"paperWidth"`
	PaperHeight             float64 `json:"paperHeight"`
	MarginTop               float64 `json:"marginTop"`
	MarginBottom            float64 `json:"marginBottom"`
	MarginLeft              float64 `json:"marginLeft"`
	MarginRight             float64 `json:"marginRight"`
	TransferMode            string  `json:"transferMode"`
}

// usualSettings are Gotenberg's defaults: letter paper, and margins of a centimetre.
func usualSettings() settings {
	const margin = 0.39
	return settings{media: "print", printing: printing{
		Scale: 1, PaperWidth: 8.5, PaperHeight: 11, MarginTop: margin, MarginBottom: margin, MarginLeft: margin,
		MarginRight: margin, TransferMode: "ReturnAsStream",
	}}
}

// set takes one field of the form. An empty value keeps the default, as in Gotenberg. It refuses a
// field that Gotenberg knows and this program does not, because the print would not be the
// requested one.
func (s *settings) set(name, value string) error {
	set, known := s.fields()[name]
	if !known {
		return invalidForm(fmt.Sprintf("field %.40q is unknown", name))
	}
	if value == "" {
		return nil
	}
	if err := set(value); err != nil {
		return invalidForm(fmt.Sprintf("field %s: %.40q is not one of its values", name, value))
	}
	return nil
}

// fields are the fields of the form, each with what sets its value.
func (s *settings) fields() map[string]func(value string) error {
	p := &s.printing
	return map[string]func(value string) error{
		"landscape":                   flagField(&p.Landscape),
		"printBackground":             flagField(&p.PrintBackground),
		"preferCssPageSize":           flagField(&p.PreferCSSPageSize),
		"generateTaggedPdf":           flagField(&p.GenerateTaggedPDF),
		"generateDocumentOutline":     flagField(&p.GenerateDocumentOutline),
		"failOnResourceLoadingFailed": flagField(&s.failOnMissing),
		"failOnConsoleExceptions":     flagField(new(bool)), // no script runs that could throw one
		"paperWidth":                  paperField(&p.PaperWidth),
		"paperHeight":                 paperField(&p.PaperHeight),
		"marginTop":                   lengthField(&p.MarginTop),
		"marginBottom":                lengthField(&p.MarginBottom),
		"marginLeft":                  lengthField(&p.MarginLeft),
		"marginRight":                 lengthField(&p.MarginRight),
		"scale": func(value string) (err error) {
			if p.Scale, err = strconv.ParseFloat(value, 64); err == nil && !(p.Scale >= 0.1 && p.Scale <= 2) {
				err = errRange
			}
			return err
		},
		"emulatedMediaType": func(value string) error {
			if s.media = value; value != "print" && value != "screen" {
				return errRange
			}
			return nil
		},
	}
}

func flagField(field *bool) func(value string) error {
	return func(value string) (err error) {
		*field, err = strconv.ParseBool(value)
		return err
	}
}

func lengthField(field *float64) func(value string) error {
	return func(value string) (err error) {
		*field, err = length(value)
		return err
	}
}

// paperField is a lengthField that refuses 0.
func paperField(field *float64) func(value string) error {
	set := lengthField(field)
	return func(value string) error {
		if err := set(value); err != nil {
			return err
		}
		if *field == 0 {
			return errRange
		}
		return nil
	}
}

var errRange = errors.New("out of range")

// inches are the units of lengths, by Gotenberg's names, in inches. A length without a unit is in
// inches.
var inches = map[string]float64{"in": 1, "pt": 1. / 72, "px": 1. / 96, "pc": 1. / 6, "cm": 1 / 2.54, "mm": 1 / 25.4}

// maxLength is the largest side of a page that PDF readers must support, in inches: ISO 32000-1,
// annex C.
const maxLength = 200

func length(text string) (float64, error) {
	unit := 1.
	if len(text) > 2 && inches[text[len(text)-2:]] > 0 {
		text, unit = text[:len(text)-2], inches[text[len(text)-2:]]
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, err
	}
	value *= unit
	if !(value >= 0 && value <= maxLength) || math.IsNaN(value) {
		return 0, errRange
	}
	return value, nil
}
