package signing

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Policy says which certificates callers may use. The zero Policy allows every certificate of the
// source and has no default.
type Policy struct {
	// Certificates are the allowed names; the first is the default. Empty allows every name that
	// the source knows.
	Certificates []string
}

// Choose gives the name of the certificate that the principal gets for the name it asked for ("" =
// the default). A name that is not allowed gets the same error as one that does not exist.
func (p Policy) Choose(_ Principal, asked string) (string, error) {
	if asked == "" {
		if len(p.Certificates) == 0 {
			return "", &Error{Kind: InvalidRequest, Code: "certificate_required",
				Detail: "this deployment has no default certificate: name one in the option certificate"}
		}
		return p.Certificates[0], nil
	}
	if !ValidCertificateName(asked) {
		return "", CertificateNotFound(fmt.Errorf("not a vault object name (%d bytes)", len(asked)))
	}
	if len(p.Certificates) == 0 {
		return asked, nil
	}
	// Vault object names are case-insensitive; the name of the setting is the one that is used and
	// audited.
	i := slices.IndexFunc(p.Certificates, func(allowed string) bool { return strings.EqualFold(allowed, asked) })
	if i < 0 {
		return "", CertificateNotFound(fmt.Errorf("certificate %q is not allowed by policy", asked))
	}
	return p.Certificates[i], nil
}

// Names lists what the principal may ask for.
func (p Policy) Names(ctx context.Context, _ Principal, source CertificateSource) ([]string, error) {
	if len(p.Certificates) > 0 {
		return p.Certificates, nil
	}
	return source.Names(ctx)
}
