package keyvault

import (
	"errors"

	"influxion/handler/internal/keyvault/material"
)

// The causes for which a version of a certificate may not sign, in addition to those of package
// material. Only causes that the code distinguishes have an error.
var (
	errNoCertificateObject = errors.New("backs no certificate")
	errNotEnabled          = errors.New("is not enabled")
	errSelfTest            = errors.New("its self-test failed")
	errChainIncomplete     = errors.New("its chain ends before a root, unlike that of the version before")
)

// The reasons why a version does not sign, as callers see them.
const (
	reasonNotYetValid   = "not_valid_yet"
	reasonExpired       = "expired"
	reasonNotForSigning = "not_for_signing"
	reasonNoKey         = "no_key"
	reasonSelfTest      = "self_test_failed"
	reasonChain         = "chain_incomplete"
	reasonUnreadable    = "unreadable"
)

func reasonOf(err error) string {
	for _, known := range []struct {
		err    error
		reason string
	}{
		{material.ErrNotYetValid, reasonNotYetValid}, {material.ErrExpired, reasonExpired},
		{material.ErrNotForSigning, reasonNotForSigning}, {errSelfTest, reasonSelfTest},
		{errChainIncomplete, reasonChain}, {material.ErrNotExportable, reasonNoKey},
		{material.ErrNoCertificate, reasonNoKey},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return reasonUnreadable
}

// unfitVersion is the refusal of a version that the vault returned. An older version may sign
// instead, unless the cause is that the version is disabled or backs no certificate.
func unfitVersion(version string, cause error) *refusal {
	refused := notFound(cause)
	if !errors.Is(cause, errNotEnabled) && !errors.Is(cause, errNoCertificateObject) {
		refused.unfit = &unfit{version: version, reason: reasonOf(cause)}
	}
	return refused
}

// unfit is a version that the vault returns but that may not sign yet, or no longer.
type unfit struct{ version, reason string }
