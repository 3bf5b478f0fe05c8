package answer

import "testing"

func TestFieldValue(t *testing.T) {
	t.Parallel()
	if got, want := fieldValue(
		"OCSP for Müller\r\nSet-Cookie: a\x7f",
	), "OCSP for M?ller??Set-Cookie: a?"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
