package pades

import (
	"crypto"
	"time"
)

// Permission is the /P of a certification signature (ISO 32000-2, table 257): what may be changed
// in the document afterwards. The zero Permission asks for an approval signature.
type Permission int

// The permissions of a certification signature.
const (
	NoCertification  Permission = 0
	NoChanges        Permission = 1 // nothing
	FormFilling      Permission = 2 // filling forms and signing
	FormsAndComments Permission = 3 // filling forms, signing, and annotations
)

// Options say what kind of signature is asked for. Texts are Unicode, at most 1024 bytes each;
// empty texts are left out of the signature dictionary.
type Options struct {
	Level       Level // "" = B-B
	Reason      string
	Location    string
	ContactInfo string
	Name        string // who signs, for display; only the certificate proves it
	// Field is the name of the field to sign. An existing field must be an empty signature field;
	// otherwise a field is made. "" makes a field with a free name.
	Field   string
	Certify Permission
	// Appearance is what a visible signature shows; nil makes an invisible one, even in an existing
	// field that has a box.
	Appearance *Appearance
	// Services are needed for levels above B-B. AllowLower accepts a lower level where a service
	// fails; Increment.Shortfall says why.
	Services   Services
	AllowLower bool

	Time   time.Time   // the claimed signing time, /M; required
	Digest crypto.Hash // SHA-256, SHA-384 or SHA-512; 0 = by the strength of the key
	PSS    bool        // RSASSA-PSS instead of PKCS#1 v1.5 with an RSA key
}

func Invalid(detail string) error { return &Error{Code: CodeOptionInvalid, Detail: detail} }
