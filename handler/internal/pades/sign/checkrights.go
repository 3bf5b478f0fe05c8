package sign

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// checkRights refuses what the permissions of an encrypted document (ISO 32000-2, table 22) do not
// grant to whoever opens it with the password that was given: to sign a field that is there, or to
// make one. Validation data alone need no right: they change nothing that table 22 speaks of.
func checkRights(file *pdf.File, existing bool) error {
	rights := file.Rights()
	missing := ""
	switch {
	case existing && !rights.MaySign():
		missing = "neither annotating (bit 6) nor filling form fields (bit 9), of which signing a field needs one"
	case existing || rights.MayAddField():
		return nil
	case !rights.Modify && !rights.Annotate:
		missing = "neither modifying (bit 4) nor annotating (bit 6), of which a new signature field needs both"
	case !rights.Modify:
		missing = "no modifying (bit 4), which a new signature field needs"
	default:
		missing = "no annotating (bit 6), which a new signature field needs"
	}
	return &pades.Error{Code: pades.CodeRestricted,
		Detail: "the document is restricted: its permissions allow " + missing +
			"; with the owner password it can be done"}
}
