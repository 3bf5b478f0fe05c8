package sign

import (
	"maps"

	"influxion/handler/internal/pades/pdf"
)

// with gives a copy of a dictionary with some entries replaced: objects of the file are shared and never changed in place.
func with(dict pdf.Dict, changes pdf.Dict) pdf.Dict {
	changed := make(pdf.Dict, len(dict)+len(changes))
	maps.Copy(changed, dict)
	maps.Copy(changed, changes)
	return changed
}
