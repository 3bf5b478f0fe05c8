package sign

import (
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/pdf"
)

// checkRights refuses to sign an encrypted document if its permissions (ISO 32000-2, table 22) do
// not let whoever opens it with the given password sign an existing field, or add one. Validation
// data alone needs no right, because table 22 does not restrict the objects that it changes.
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
			"; the owner password allows it"}
}
