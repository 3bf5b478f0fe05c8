package request

import "strings"

// Bounds of a name for which a known option is suggested, in bytes.
const (
	leastMisspelt = 3
	mostMisspelt  = 32
)

// nearest gives the known option that a name may be a misspelling, an extension or an abbreviation
// of: resaon, Reason, contact_info, cert; "" = none.
func nearest(name string, known []Option) string {
	name = letters(name)
	if len(name) < leastMisspelt || len(name) > mostMisspelt {
		return ""
	}
	best, bestDistance := "", len(name)/3+1
	for _, option := range known {
		candidate := letters(option.name)
		distance := editDistance(name, candidate)
		if len(name) > leastMisspelt && (strings.HasPrefix(candidate, name) || strings.HasPrefix(name, candidate)) {
			distance = min(distance, 1)
		}
		if distance < bestDistance {
			best, bestDistance = option.name, distance
		}
	}
	return best
}

// letters removes the differences that are mere custom: case, hyphens, underscores.
func letters(name string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
}

// editDistance is the restricted Damerau-Levenshtein distance: the number of bytes to insert,
// delete, replace or swap with their neighbour to make a of b.
func editDistance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(replaced, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
