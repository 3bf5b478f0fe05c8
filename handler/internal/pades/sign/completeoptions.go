package sign

import (
	"crypto"
	"strings"
	"unicode/utf8"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
)

// maxText bounds each text of Options, in bytes of UTF-8.
const maxText = 1024

// complete checks the options and fills in what follows from the key.
func complete(o pades.Options, public crypto.PublicKey) (pades.Options, error) {
	if o.Level == "" {
		o.Level = pades.LevelBB
	}
	if o.Level.Rank() < 0 {
		return o, pades.Invalid("the level is not B-B, B-T, B-LT or B-LTA")
	}
	if err := serves(o.Services, o.Level); err != nil && !o.AllowLower {
		return o, err
	}
	if o.Certify < pades.NoCertification || o.Certify > pades.FormsAndComments {
		return o, pades.Invalid("a certification permits 1, 2 or 3")
	}
	if o.Time.IsZero() || o.Time.Year() > 9999 || o.Time.Year() < 1970 {
		return o, pades.Invalid("the signing time is missing or out of range")
	}
	for _, text := range []string{o.Reason, o.Location, o.ContactInfo, o.Name, o.Field} {
		if len(text) > maxText || !utf8.ValidString(text) {
			return o, pades.Invalid("a text is longer than 1024 bytes or not Unicode")
		}
	}
	if err := checkAppearance(o); err != nil {
		return o, err
	}
	if o.Digest == 0 {
		digest, err := cms.DefaultDigest(public)
		if err != nil {
			return o, keyError(err)
		}
		o.Digest = digest
	}
	if o.Digest != crypto.SHA256 && o.Digest != crypto.SHA384 && o.Digest != crypto.SHA512 {
		return o, pades.Invalid("the digest is not SHA-256, SHA-384 or SHA-512")
	}
	return o, nil
}

// newFieldName checks the name of a new field: ISO 32000-2, 12.7.4.2, reserves the full stop for
// hierarchies.
func newFieldName(name string) error {
	if strings.Contains(name, ".") {
		return &pades.Error{Code: pades.CodeFieldUnusable,
			Detail: "there is no field of this name, and a new field's name cannot hold a full stop"}
	}
	return nil
}
