package local

import (
	"fmt"

	"influxion/handler/client"
	"influxion/handler/internal/pades"
)

// padesOptions converts options to those of package pades. It returns an error for an unknown
// Certify.
func padesOptions(o client.Options) (pades.Options, error) {
	permissions := map[string]pades.Permission{
		"": pades.NoCertification, "no-changes": pades.NoChanges, "form-filling": pades.FormFilling,
		"annotations": pades.FormsAndComments,
	}
	certify, ok := permissions[o.Certify]
	if !ok {
		return pades.Options{}, fmt.Errorf("certify is not no-changes, form-filling or annotations: %q", o.Certify)
	}
	chosen := pades.Options{
		Level: pades.Level(o.Level), AllowLower: o.AllowLower, Reason: o.Reason, Location: o.Location,
		ContactInfo: o.Contact, Name: o.Name, Field: o.Field, Certify: certify,
	}
	if v := o.Visible; v != nil {
		chosen.Appearance = &pades.Appearance{
			Page: v.Page, Box: pades.Rectangle{X: v.Box[0], Y: v.Box[1], Width: v.Box[2], Height: v.Box[3]},
			Text: v.Text, HideText: v.HideText, Image: v.Image,
			Color: v.Color, Background: v.Background, Border: v.Border,
		}
	}
	return chosen, nil
}
