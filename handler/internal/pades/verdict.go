package pades

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/pdf"
)

// VerdictError ends the checks of one signature with its indication.
type VerdictError struct {
	Indication Indication
	Sub        SubIndication
	Detail     string
}

func (f *VerdictError) Error() string { return fmt.Sprintf("%s %s: %s", f.Indication, f.Sub, f.Detail) }

// Failed is the verdict TOTAL-FAILED: the signature is known to be wrong. The detail is a sentence
// for the report.
func Failed(sub SubIndication, detail string) *VerdictError {
	return &VerdictError{TotalFailed, sub, detail}
}

// Undecided is the verdict INDETERMINATE: the findings prove neither that the signature is valid
// nor that it is not.
func Undecided(sub SubIndication, detail string) *VerdictError {
	return &VerdictError{Indeterminate, sub, detail}
}

// LimitedBy is the verdict INDETERMINATE with LIMIT_REACHED: a limit of this verifier stopped the
// check. It says nothing against the signature, and names the limit.
func LimitedBy(limit string) *VerdictError {
	return Undecided(LimitReached, "not evaluated: "+limit)
}

// LimitOf gives the limit that stopped a check, or nil for any other error.
func LimitOf(err error) *VerdictError {
	if verdict, ok := errors.AsType[*VerdictError](err); ok && verdict.Sub == LimitReached {
		return verdict
	}
	if pdfErr, ok := errors.AsType[*pdf.Error](err); ok && pdfErr.Kind == pdf.TooComplex {
		return LimitedBy(pdfErr.Detail)
	}
	if typed, ok := errors.AsType[*Error](err); ok && typed.Code == CodeTooComplex {
		return LimitedBy(typed.Detail)
	}
	if budgetErr, ok := errors.AsType[*budget.Error](err); ok {
		return LimitedBy(budgetErr.Detail)
	}
	return nil
}

// CmsFailure gives the verdict for an error of package cms. A broken signature has failed; a form,
// an algorithm or a binding that is not accepted makes the result indeterminate (ETSI EN 319 102-1,
// table 6).
func CmsFailure(err error) error {
	cmsErr, ok := errors.AsType[*cms.Error](err)
	if !ok {
		return err
	}
	if cmsErr.Kind == cms.LimitExceeded {
		return Undecided(LimitReached, cmsErr.Detail)
	}
	sub := SubIndication(cmsErr.SubIndication())
	if cmsErr.Integrity() == cms.Broken {
		return Failed(sub, cmsErr.Detail)
	}
	return Undecided(sub, cmsErr.Detail)
}
