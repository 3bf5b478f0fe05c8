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
	FormsAndComments Permission = 3 // the same and annotations
)

// Options says what kind of signature is asked for. Texts are Unicode, at most 1024 bytes each;
// empty ones are left out of the signature dictionary.
type Options struct {
	Level       Level // "" = B-B
	Reason      string
	Location    string
	ContactInfo string
	Name        string // who signs, for readers that show it; the certificate is what proves it
	// Field is the name of an existing empty signature field to sign or, if there is none, of the
	// field to make; "" makes one with a name that is free.
	Field   string
	Certify Permission
	// Appearance is what a visible signature shows; nil makes an invisible one, and an existing
	// field that has a box shows nothing then.
	Appearance *Appearance
	// Services are needed for levels above B-B. AllowLower accepts a lower level where a service
	// fails; Increment.Shortfall says why.
	Services   Services
	AllowLower bool

	Time   time.Time   // the claimed signing time, /M; required
	Digest crypto.Hash // SHA-256, SHA-384 or SHA-512; 0 = what suits the key
	PSS    bool        // RSASSA-PSS instead of PKCS#1 v1.5 with an RSA key
}

func Invalid(detail string) error { return &Error{Code: CodeOptionInvalid, Detail: detail} }
