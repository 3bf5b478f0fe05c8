package pades

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades/cms"
)

// VerdictError ends the checks of one signature with its indication.
type VerdictError struct {
	Indication Indication
	Sub        SubIndication
	Detail     string
}

func (f *VerdictError) Error() string { return fmt.Sprintf("%s %s: %s", f.Indication, f.Sub, f.Detail) }

func Failed(sub SubIndication, detail string) *VerdictError {
	return &VerdictError{TotalFailed, sub, detail}
}

func Undecided(sub SubIndication, detail string) *VerdictError {
	return &VerdictError{Indeterminate, sub, detail}
}

// CmsFailure gives a fault of the CMS its indication: a broken signature has failed, an algorithm or a binding that we cannot
// accept leaves the question open (ETSI EN 319 102-1, table 6).
func CmsFailure(err error) error {
	fault, ok := errors.AsType[*cms.Fault](err)
	if !ok {
		return err
	}
	if fault.Kind == cms.LimitExceeded {
		return Undecided(LimitReached, fault.Detail)
	}
	sub := SubIndication(fault.SubIndication())
	switch sub {
	case FormatFailure, HashFailure, SigCryptoFailure:
		return Failed(sub, fault.Detail)
	}
	return Undecided(sub, fault.Detail)
}
