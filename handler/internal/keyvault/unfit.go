package keyvault

import "errors"

// What speaks against a version of a certificate, as far as it matters which.
var (
	errNoCertificateObject = errors.New("backs no certificate")
	errNotEnabled          = errors.New("is not enabled")
	errNotYetValid         = errors.New("is not valid yet")
	errExpired             = errors.New("has expired")
	errNotForSigning       = errors.New("may not sign")
	errSelfTest            = errors.New("its self-test failed")
	errChainIncomplete     = errors.New("its chain ends before a root, unlike that of the version before")
)

// Reasons why a version does not sign, as callers are told.
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
		{errNotYetValid, reasonNotYetValid}, {errExpired, reasonExpired}, {errNotForSigning, reasonNotForSigning},
		{errSelfTest, reasonSelfTest}, {errChainIncomplete, reasonChain}, {errNotExportable, reasonNoKey},
		{errNoCertificate, reasonNoKey},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return reasonUnreadable
}

// unfitVersion refuses a version that the vault served. Unless it was disabled, or backs no
// certificate, an older version may go on.
func unfitVersion(version string, cause error) *refusal {
	refused := notFound(cause)
	if !errors.Is(cause, errNotEnabled) && !errors.Is(cause, errNoCertificateObject) {
		refused.unfit = &unfit{version: version, reason: reasonOf(cause)}
	}
	return refused
}

// unfit is a version that the vault serves and that may not sign yet, or not any more.
type unfit struct{ version, reason string }
