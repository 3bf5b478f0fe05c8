package page

import "maps"

// Functions returns the names of the functions for templates, apart from the one that counts turns.
func Functions() []string {
	var names []string
	for name := range maps.Keys((&meter{}).functions()) {
		if name != stepFunction {
			names = append(names, name)
		}
	}
	return names
}
