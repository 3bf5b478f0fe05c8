package appearance

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letter is a character to draw, with the text that it stands for.
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

// joinArabic replaces each Arabic letter by the presentation form that joins it with its
// neighbours, if the font has that form. It keeps all other characters. Combining marks between two
// letters do not prevent joining.
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

// joins reports whether the neighbour in that direction joins with the letter at i. It skips
// combining marks.
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

// lamAlef returns the ligature that a lam at i and the alef behind it must form, or 0 if they are
// not there. joined selects the final form: the letter before the lam joins with it.
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

// presentationForms maps each letter to its presentation forms. Unicode lists them in the order
// isolated, final, initial, medial. A letter that joins only with the one before it has the first
// two.
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
