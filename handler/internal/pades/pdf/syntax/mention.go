package syntax

import "bytes"

// EachMention calls found with each number that another reader may take for the object number of a
// reference, until found returns false. White space and comments may stand between the parts, and
// some readers need nothing in front of R. For a number that is none by 7.3.3, such as 1.5 or 1-5,
// see eachNumber. It returns false if a number is longer than MaxNumber: readers take it for
// different ones.
//
// It goes through the text once, from its end, because a gap may be long and may contain numbers of
// its own.
func EachMention(text []byte, found func(number uint32) bool) (known bool) {
	// Whether what follows a place, or the next end of a line, continues a reference: with gaps
	// and R (last), with the rest of the generation (second), with gaps and the generation (gap).
	// gapped is gap where at least one byte stands in front of the generation.
	var last, second, gap, gapped, lastInLine, gapInLine bool
	for i := len(text) - 1; i >= 0; i-- {
		c := text[i]
		if isNumeric(c) && gapped {
			word := wordBefore(text[:i+1])
			if len(word) > MaxNumber {
				return false
			}
			if !eachNumber(word, found) {
				return true
			}
		}
		switch {
		case IsWhite(c):
			second, gapped = false, gap
		case c == '%':
			last, second, gap, gapped = lastInLine, false, gapInLine, gapInLine
		case isNumeric(c):
			second = last || second
			last, gap, gapped = false, second, false
		default:
			last, second, gap, gapped = c == 'R', false, false, false
		}
		if c == '\r' || c == '\n' {
			lastInLine, gapInLine = last, gap
		}
	}
	return true
}

// isNumeric reports whether readers take a byte for a part of a number.
func isNumeric(c byte) bool { return isDigit(c) || c == '+' || c == '-' || c == '.' }

// wordBefore returns the numeric bytes at the end of a text, at most one more than MaxNumber.
func wordBefore(text []byte) []byte {
	start := len(text)
	for start > 0 && len(text)-start <= MaxNumber && isNumeric(text[start-1]) {
		start--
	}
	return text[start:]
}

// eachNumber calls found with the numbers that readers make of a word, until found returns false.
// They take its first digits or leave out the signs, keep 32 bits of what is larger, also of a
// negative number, and round what is next to the number above.
func eachNumber(word []byte, found func(number uint32) bool) bool {
	var whole, run uint32 // all digits, and those since the last other byte
	inRun := false
	give := func(n uint32) bool { return found(n) && (word[0] != '-' || found(-n)) }
	for i := 0; i <= len(word); i++ {
		if i < len(word) && isDigit(word[i]) {
			whole, run, inRun = whole*10+uint32(word[i]-'0'), run*10+uint32(word[i]-'0'), true
			continue
		}
		if inRun && !give(run) || inRun && i < len(word) && word[i] == '.' && !give(run+1) {
			return false
		}
		run, inRun = 0, false
	}
	return give(whole)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// EndOfObject returns where readers may end an object that begins at an offset of a text: at an
// endobj outside of comments, strings, arrays and dictionaries. Readers read on over any other.
// found is false, and end the end of the text, if there is none.
func EndOfObject(text []byte, from int) (end int, found bool) {
	const deepest = 1000
	var open []byte // '[' and '<' of the arrays and dictionaries around
	for i := from; i < len(text); {
		switch c := text[i]; {
		case c == '%':
			i += until(text[i:], "\r\n")
		case c == '(':
			i += literalLength(text[i:])
		case c == '[' || c == '<' && bytes.HasPrefix(text[i:], []byte("<<")):
			if open = append(open, c); len(open) > deepest {
				return len(text), false
			}
			i += closerLength(c)
		case c == '<':
			i += until(text[i:], ">")
		case c == ']' || c == '>' && bytes.HasPrefix(text[i:], []byte(">>")):
			opener := c - 2 // of [ and of < alike
			if len(open) > 0 && open[len(open)-1] == opener {
				open = open[:len(open)-1]
			}
			i += closerLength(opener)
		case IsRegular(c):
			word := text[i : i+regularLength(text[i:])]
			switch {
			case len(open) > 0:
			case string(word) == "endobj":
				return i, true
			case string(word) == "stream":
				if at := bytes.Index(text[i:], []byte("endobj")); at >= 0 {
					return i + at, true
				}
				return len(text), false
			}
			i += len(word)
		case c == '/':
			i += 1 + regularLength(text[i+1:])
		default:
			i++
		}
	}
	return len(text), false
}

// closerLength returns how many bytes begin or end an array or a dictionary.
func closerLength(opener byte) int {
	if opener == '<' {
		return 2
	}
	return 1
}

// until returns how many bytes lead to the first of some characters and over it.
func until(text []byte, characters string) int {
	if at := bytes.IndexAny(text, characters); at >= 0 {
		return at + 1
	}
	return len(text)
}

// literalLength returns the length of a string in parentheses: ISO 32000-2, 7.3.4.2.
func literalLength(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

func regularLength(text []byte) int {
	n := 0
	for n < len(text) && IsRegular(text[n]) {
		n++
	}
	return n
}
