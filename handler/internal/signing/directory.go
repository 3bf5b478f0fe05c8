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

// Listing holds the current version of each of several certificates. A fault of one certificate
// does not hide the others.
type Listing struct {
	Certificates []*Certificate
	Unavailable  []UnavailableCertificate // those that exist and cannot be used now
}

// UnavailableCertificate is a certificate that cannot be used now.
type UnavailableCertificate struct {
	Name string
	Err  error // why
}

// List gives the current version of every certificate that the principal may use. It leaves out
// those that do not exist or are not fit for signing. Its errors hold an *Error. It returns one if
// there are certificates and none of them can be used now.
func (d *Directory) List(ctx context.Context, principal Principal) (Listing, error) {
	names, err := d.Policy.Names(ctx, principal, d.Source)
	if err != nil {
		return Listing{}, fmt.Errorf("list certificates: %w", err)
	}
	return usable(currentCertificates(ctx, d.Source, names))
}

// usable turns a listing in which nothing can be used into the first error.
func usable(l Listing, err error) (Listing, error) {
	if err == nil && len(l.Certificates) == 0 && len(l.Unavailable) > 0 {
		err = l.Unavailable[0].Err
	}
	return l, err
}

// all lists every certificate that anybody may use. Unlike List, it returns no error if none can be
// used. It is for verifying and must not be shown to a caller.
func (d *Directory) all(ctx context.Context) (Listing, error) {
	names, err := d.Policy.all(ctx, d.Source)
	if err != nil {
		return Listing{}, fmt.Errorf("list certificates: %w", err)
	}
	return currentCertificates(ctx, d.Source, names)
}

// currentCertificates gives the current versions of certificates, in the order of their names.
// There is an error if the time of the request has run out.
func currentCertificates(ctx context.Context, source CertificateSource, names []string) (Listing, error) {
	certificates, failed := make([]*Certificate, len(names)), make([]error, len(names))
	_ = parallel(ctx, len(names), func(ctx context.Context, i int) error {
		certificates[i], failed[i] = source.Certificate(ctx, names[i], "")
		return nil // so that the other certificates are fetched
	})
	var listing Listing
	for i, name := range names {
		if failed[i] == nil {
			listing.Certificates = append(listing.Certificates, certificates[i])
			continue
		}
		err := fmt.Errorf("fetch certificate %q: %w", name, failed[i])
		switch AsError(err).Kind {
		case NotFound:
		case DeadlineExceeded:
			return Listing{}, err
		default:
			listing.Unavailable = append(listing.Unavailable, UnavailableCertificate{name, err})
		}
	}
	return listing, nil
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
