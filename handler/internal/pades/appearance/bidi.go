package appearance

import (
	"slices"

	"golang.org/x/text/unicode/bidi"
)

// embed resolves the embedding level of each cluster of a paragraph, and returns the level of the
// paragraph (UAX 9). It leaves out explicit embeddings, which drawable refuses, and rule N0.
func embed(clusters []cluster) int {
	level, right := 0, false
	for _, c := range clusters {
		if strong := c.class == bidi.L || c.class == bidi.R || c.class == bidi.AL; strong { // P2, P3
			if c.class != bidi.L {
				level = 1
			}
			break
		}
	}
	classes := make([]bidi.Class, len(clusters))
	for i, c := range clusters {
		classes[i] = c.class
		right = right || c.class == bidi.R || c.class == bidi.AL || c.class == bidi.AN
	}
	if !right && level == 0 {
		return 0 // the whole paragraph reads from left to right
	}
	start := bidi.L
	if level == 1 {
		start = bidi.R
	}
	resolveWeak(classes, start)
	resolveNeutral(classes, start)
	for i, class := range classes {
		clusters[i].level = level
		switch { // I1, I2
		case level == 0 && class == bidi.R:
			clusters[i].level = 1
		case level == 0 && class != bidi.L:
			clusters[i].level = 2
		case level == 1 && class != bidi.R:
			clusters[i].level = 2
		}
	}
	return level
}

// resolveWeak applies the rules W1 to W7 of UAX 9.
func resolveWeak(classes []bidi.Class, start bidi.Class) {
	strong := start
	for i, class := range classes {
		switch class {
		case bidi.NSM: // W1: a mark with a class of its own is first in the paragraph; others are in clusters
			classes[i] = start
		case bidi.L, bidi.R, bidi.AL:
			strong = class
		case bidi.EN:
			if strong == bidi.AL {
				classes[i] = bidi.AN // W2
			}
		}
	}
	for i, class := range classes {
		if class == bidi.AL {
			classes[i] = bidi.R // W3
		}
	}
	resolveSeparators(classes)
	resolveTerminators(classes)
	strong = start
	for i, class := range classes {
		switch class {
		case bidi.L, bidi.R:
			strong = class
		case bidi.EN:
			if strong == bidi.L {
				classes[i] = bidi.L // W7
			}
		case bidi.AN:
		default:
			classes[i] = bidi.ON // W6, and all other neutrals
		}
	}
}

// resolveSeparators applies W4: a single separator between two numbers of one kind becomes part of
// the number.
func resolveSeparators(classes []bidi.Class) {
	for i := 1; i < len(classes)-1; i++ {
		before, after := classes[i-1], classes[i+1]
		if before == after && (classes[i] == bidi.CS && (before == bidi.EN || before == bidi.AN) ||
			classes[i] == bidi.ES && before == bidi.EN) {
			classes[i] = before
		}
	}
}

// resolveTerminators applies W5: terminators beside a European number become part of it.
func resolveTerminators(classes []bidi.Class) {
	for i := 0; i < len(classes); i++ {
		if classes[i] != bidi.ET {
			continue
		}
		end := i
		for end < len(classes) && classes[end] == bidi.ET {
			end++
		}
		if i > 0 && classes[i-1] == bidi.EN || end < len(classes) && classes[end] == bidi.EN {
			for j := i; j < end; j++ {
				classes[j] = bidi.EN
			}
		}
		i = end - 1
	}
}

// resolveNeutral applies the rules N1 and N2 of UAX 9: neutral characters between letters of one
// direction take that direction, and others take the direction of the paragraph.
func resolveNeutral(classes []bidi.Class, start bidi.Class) {
	direction := func(i int) bidi.Class {
		switch {
		case i < 0 || i >= len(classes):
			return start
		case classes[i] == bidi.L:
			return bidi.L
		}
		return bidi.R // numbers too
	}
	for i := 0; i < len(classes); i++ {
		if classes[i] != bidi.ON {
			continue
		}
		end := i
		for end < len(classes) && classes[end] == bidi.ON {
			end++
		}
		resolved := start
		if before := direction(i - 1); before == direction(end) {
			resolved = before
		}
		for ; i < end; i++ {
			classes[i] = resolved
		}
		i--
	}
}

// visual returns the clusters of a line in their order from left to right: rule L2 of UAX 9. The
// line must not end in spaces.
func visual(line []cluster) []cluster {
	line = slices.Clone(line)
	for level := 2; level >= 1; level-- {
		for i := 0; i < len(line); i++ {
			end := i
			for end < len(line) && line[end].level >= level {
				end++
			}
			slices.Reverse(line[i:end])
			i = end
		}
	}
	return line
}
