package guid

import "github.com/google/uuid"

// length is that of the one form: 32 hexadecimal digits and four hyphens.
const length = 36

// Valid tells whether text is a GUID, in digits of either case.
func Valid(text string) bool { return len(text) == length && uuid.Validate(text) == nil }

// New makes a random GUID: RFC 9562, section 5.4.
func New() string { return uuid.NewString() }
