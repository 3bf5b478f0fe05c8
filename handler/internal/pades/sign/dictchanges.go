package sign

import (
	"maps"

	"influxion/handler/internal/pades/pdf"
)

// with gives a copy of a dictionary with some entries replaced, or with nil taken out: objects of
// the file are shared and never changed in place.
func with(dict pdf.Dict, changes pdf.Dict) pdf.Dict {
	changed := make(pdf.Dict, len(dict)+len(changes))
	maps.Copy(changed, dict)
	maps.Copy(changed, changes)
	maps.DeleteFunc(changed, func(_ pdf.Name, value pdf.Object) bool { return value == nil })
	return changed
}
