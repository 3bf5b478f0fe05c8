package signing

import (
	"context"
	"errors"
	"fmt"
)

// Directory shows a caller the certificates that it may use. Safe for concurrent use.
type Directory struct {
	Source CertificateSource
	Policy Policy
}

// List gives the current version of every certificate that the principal may use and that is fit
// for signing now.
func (d *Directory) List(ctx context.Context, principal Principal) ([]*Certificate, error) {
	names, err := d.Policy.Names(ctx, principal, d.Source)
	if err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	return currentCertificates(ctx, d.Source, names)
}

// All gives the same of every certificate that anybody may use. It is for verifying and must not be
// shown to a caller.
func (d *Directory) All(ctx context.Context) ([]*Certificate, error) {
	names, err := d.Policy.all(ctx, d.Source)
	if err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	return currentCertificates(ctx, d.Source, names)
}

// currentCertificates gives the current versions of certificates. It leaves out those that do not
// exist or are not fit for signing.
func currentCertificates(ctx context.Context, source CertificateSource, names []string) ([]*Certificate, error) {
	certificates := make([]*Certificate, 0, len(names))
	for _, name := range names {
		certificate, err := source.Certificate(ctx, name, "")
		if known, ok := errors.AsType[*Error](err); ok && known.Kind == NotFound {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("fetch certificate %q: %w", name, err)
		}
		certificates = append(certificates, certificate)
	}
	return certificates, nil
}

// Find gives one certificate by name, in the version asked for or the current one.
func (d *Directory) Find(ctx context.Context, principal Principal, name, version string) (*Certificate, error) {
	name, err := d.Policy.Choose(principal, name)
	if err != nil {
		return nil, err
	}
	if version != "" && !ValidCertificateVersion(version) {
		return nil, CertificateNotFound(errors.New("not a vault version"))
	}
	certificate, err := d.Source.Certificate(ctx, name, version)
	if err != nil {
		return nil, fmt.Errorf("fetch certificate %q: %w", name, err)
	}
	return certificate, nil
}
