package signing_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/signing"
)

func TestPolicyChoose(t *testing.T) {
	t.Parallel()
	listed := signing.Policy{Certificates: []string{"invoices", "Contracts"}}
	for _, test := range []struct {
		name   string
		policy signing.Policy
		asked  string
		want   string
		code   string
	}{
		{"default is the first", listed, "", "invoices", ""},
		{"listed", listed, "invoices", "invoices", ""},
		{"listed in other case", listed, "CONTRACTS", "Contracts", ""},
		{"not listed", listed, "payroll", "", "certificate_not_found"},
		{"prefix of a listed one", listed, "invoice", "", "certificate_not_found"},
		{"path", listed, "../invoices", "", "certificate_not_found"},
		{"no list, no default", signing.Policy{}, "", "", "certificate_required"},
		{"no list, a name", signing.Policy{}, "payroll", "payroll", ""},
		{"no list, no name", signing.Policy{}, "a/b", "", "certificate_not_found"},
		{"no list, too long", signing.Policy{}, strings.Repeat("a", 128), "", "certificate_not_found"},
		{"no list, longest", signing.Policy{}, strings.Repeat("a", 127), strings.Repeat("a", 127), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := test.policy.Choose(signing.Principal{}, test.asked)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if code := codeOf(err); code != test.code {
				t.Errorf("got code %q, want %q", code, test.code)
			}
		})
	}
}

// An unknown certificate and a forbidden one must look the same to the caller.
func TestRefusedAndUnknownLookAlike(t *testing.T) {
	t.Parallel()
	_, refused := signing.Policy{Certificates: []string{"invoices"}}.Choose(signing.Principal{}, "payroll")
	unknown := signing.CertificateNotFound(errors.New("the vault has none"))
	a, b := signing.AsError(refused), signing.AsError(unknown)
	if a.Kind != b.Kind || a.Code != b.Code || a.Detail != b.Detail {
		t.Errorf("got %+v and %+v, want them alike", a, b)
	}
}

func TestPolicyNames(t *testing.T) {
	t.Parallel()
	source := &fakeSource{names: []string{"a", "b"}}
	got, err := signing.Policy{}.Names(context.Background(), signing.Principal{}, source)
	if err != nil || !slices.Equal(got, source.names) {
		t.Errorf("got %v %v without a list, want the source's names", got, err)
	}
	got, err = signing.Policy{Certificates: []string{"c"}}.Names(context.Background(), signing.Principal{}, source)
	if err != nil || !slices.Equal(got, []string{"c"}) {
		t.Errorf("got %v %v with a list, want the list", got, err)
	}
}

func TestValidCertificateVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		strings.Repeat("0aF", 10) + "12": true, "": false, strings.Repeat("0", 31): false,
		strings.Repeat("0", 33):       false,
		strings.Repeat("0", 31) + "g": false, strings.Repeat("0", 31) + "\n": false,
	} {
		if got := signing.ValidCertificateVersion(version); got != want {
			t.Errorf("%q: got %v, want %v", version, got, want)
		}
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return signing.AsError(err).Code
}
