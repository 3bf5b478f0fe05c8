package pades

import (
	"crypto"
	"crypto/x509"
	"strings"
	"time"
	"unicode/utf8"

	"influxion/handler/internal/pades/cms"
)

// Permission is the /P of a certification signature (ISO 32000-2, table 257): what may be changed in the document afterwards.
// The zero Permission asks for an approval signature.
type Permission int

// The permissions of a certification signature.
const (
	NoCertification  Permission = 0
	NoChanges        Permission = 1 // nothing
	FormFilling      Permission = 2 // filling forms and signing
	FormsAndComments Permission = 3 // the same and annotations
)

// maxText bounds each text of Options, in bytes of UTF-8.
const maxText = 1024

// Options says what kind of signature is asked for. Texts are Unicode, at most 1024 bytes each; empty ones are left out of the
// signature dictionary.
type Options struct {
	Level       Level // "" = B-B
	Reason      string
	Location    string
	ContactInfo string
	Name        string // who signs, for readers that show it; the certificate is what proves it
	// Field is the name of an existing empty signature field to sign or, if there is none, of the field to make; "" makes one with
	// a name that is free.
	Field   string
	Certify Permission
	// Appearance is what a visible signature shows; nil makes an invisible one, and an existing field that has a box shows nothing then.
	Appearance *Appearance
	// Services are needed for levels above B-B. AllowLower accepts a lower level where a service fails; Increment.Shortfall says why.
	Services   Services
	AllowLower bool

	Time   time.Time   // the claimed signing time, /M; required
	Digest crypto.Hash // SHA-256, SHA-384 or SHA-512; 0 = what suits the key
	PSS    bool        // RSASSA-PSS instead of PKCS#1 v1.5 with an RSA key

	signer *x509.Certificate // who signs
}

// complete checks the options and fills in what follows from the key.
func (o Options) complete(public crypto.PublicKey) (Options, error) {
	if o.Level == "" {
		o.Level = LevelBB
	}
	if o.Level.rank() < 0 {
		return o, invalid("the level is not B-B, B-T, B-LT or B-LTA")
	}
	if err := o.Services.serve(o.Level); err != nil && !o.AllowLower {
		return o, err
	}
	if o.Certify < NoCertification || o.Certify > FormsAndComments {
		return o, invalid("a certification permits 1, 2 or 3")
	}
	if o.Time.IsZero() || o.Time.Year() > 9999 || o.Time.Year() < 1970 {
		return o, invalid("the signing time is missing or out of range")
	}
	for _, text := range []string{o.Reason, o.Location, o.ContactInfo, o.Name, o.Field} {
		if len(text) > maxText || !utf8.ValidString(text) {
			return o, invalid("a text is longer than 1024 bytes or not Unicode")
		}
	}
	if err := o.Appearance.check(); err != nil {
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
		return o, invalid("the digest is not SHA-256, SHA-384 or SHA-512")
	}
	return o, nil
}

// newFieldName checks a name for a field that is to be made: ISO 32000-2, 12.7.4.2, keeps the full stop for hierarchies.
func newFieldName(name string) error {
	if strings.Contains(name, ".") {
		return &Error{Code: CodeFieldUnusable, Detail: "there is no field of this name, and a new field's name cannot hold a full stop"}
	}
	return nil
}

func invalid(detail string) error { return &Error{Code: CodeOptionInvalid, Detail: detail} }
