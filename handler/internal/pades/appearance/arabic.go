package appearance

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letter is a character to draw and what it stands for.
type letter struct {
	rune   rune
	source string
}

const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
	tatweel            = '\u0640'
	lam                = '\u0644'
)

// Forms of an Arabic letter, in the order in which Unicode's presentation forms have them.
const (
	isolated = iota
	final
	initial
	medial
)

// joinArabic replaces Arabic letters by the presentation forms that join with their neighbours,
// where the font has them, and gives every other character as it is. Marks do not part letters.
func joinArabic(runes []rune, has func(rune) bool) []letter {
	letters := make([]letter, 0, len(runes))
	var forms map[rune][]rune
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		if unicode.Is(unicode.Arabic, r) && forms == nil {
			forms = presentationForms()
		}
		if len(forms[r]) == 0 {
			letters = append(letters, letter{r, string(r)})
			continue
		}
		before := joins(forms, runes, i, -1) && len(forms[r]) > final
		if ligature := lamAlef(runes, i, before); ligature != 0 && has(ligature) {
			letters = append(letters, letter{ligature, string(runes[i : i+2])})
			i++
			continue
		}
		form := isolated
		if before {
			form = final
		}
		if len(forms[r]) > medial && joins(forms, runes, i, 1) {
			form += initial
		}
		drawn := forms[r][form]
		if !has(drawn) {
			drawn = r
		}
		letters = append(letters, letter{drawn, string(r)})
	}
	return letters
}

// joins says whether the neighbour in that direction reaches out to the letter at i.
func joins(forms map[rune][]rune, runes []rune, i, direction int) bool {
	i += direction
	for i >= 0 && i < len(runes) && unicode.Is(unicode.Mn, runes[i]) {
		i += direction
	}
	if i < 0 || i >= len(runes) {
		return false
	}
	if runes[i] == tatweel || runes[i] == zeroWidthJoiner {
		return true
	}
	if direction < 0 {
		return len(forms[runes[i]]) > medial
	}
	return len(forms[runes[i]]) > final
}

// lamAlef gives the ligature that lam and alef must form, or 0.
func lamAlef(runes []rune, i int, joined bool) rune {
	if runes[i] != lam || i+1 == len(runes) {
		return 0
	}
	ligatures := map[rune]rune{'\u0622': '\ufef5', '\u0623': '\ufef7', '\u0625': '\ufef9', '\u0627': '\ufefb'}
	ligature := ligatures[runes[i+1]]
	if ligature != 0 && joined {
		ligature++
	}
	return ligature
}

// presentationForms gives the forms of each letter. Unicode lists them in the order isolated,
// final, initial, medial; letters that join only with the one before have the first two.
func presentationForms() map[rune][]rune {
	forms := map[rune][]rune{}
	for _, block := range [][2]rune{{0xfe80, 0xfef4}, {0xfb50, 0xfbb1}, {0xfbd3, 0xfbe9}, {0xfbfc, 0xfbff}} {
		for form := block[0]; form <= block[1]; form++ {
			base := []rune(norm.NFKC.String(string(form)))
			if len(base) == 1 && base[0] != form {
				forms[base[0]] = append(forms[base[0]], form)
			}
		}
	}
	return forms
}
