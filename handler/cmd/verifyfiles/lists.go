package main

import (
	"context"
	"crypto/x509"
	"errors"
	"os"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/revocation"
)

// lists are CRLs that replace requests to the network.
type lists []*revocation.List

func readLists(names []string) (pades.RevocationSource, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var all lists
	for _, name := range names {
		der, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list, err := revocation.ParseList(der)
		if err != nil {
			return nil, err
		}
		all = append(all, list)
	}
	return all, nil
}

// Revocation returns the status of the certificate in one of the lists.
func (l lists) Revocation(_ context.Context, certificate, issuer *x509.Certificate) (*revocation.Evidence, error) {
	for _, list := range l {
		if evidence, err := list.About(certificate, issuer); err == nil {
			return evidence, nil
		}
	}
	return nil, &pades.ServiceError{Service: "CRL", Subject: certificate.Subject.CommonName,
		Detail: "no CRL covers the certificate"}
}

// Issuers returns none.
func (l lists) Issuers(context.Context, *x509.Certificate) ([]*x509.Certificate, error) {
	return nil, errors.New("no responder is asked")
}
