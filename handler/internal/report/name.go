package report

import (
	"encoding/hex"
	"slices"
	"strings"
)

// distinguishedName is a name as RFC 4514 writes it, taken apart.
type distinguishedName []attribute

type attribute struct{ kind, value string }

// parseName reads a name by RFC 4514, section 3. A text in another form becomes one attribute
// without a kind, so that nothing is lost.
func parseName(text string) distinguishedName {
	var name distinguishedName
	for _, part := range splitName(text) {
		kind, value, ok := strings.Cut(part, "=")
		if !ok {
			return distinguishedName{{"", text}}
		}
		name = append(
			name,
			attribute{strings.TrimSpace(kind), cleanText(unescape(strings.TrimLeft(value, " ")), maxText)},
		)
	}
	return name
}

// splitName splits a name at commas and plus signs that are not escaped.
func splitName(text string) []string {
	var parts []string
	start, escaped := 0, false
	for i := range len(text) {
		switch {
		case escaped:
			escaped = false
		case text[i] == '\\':
			escaped = true
		case text[i] == ',' || text[i] == '+':
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	if text == "" {
		return nil
	}
	return append(parts, text[start:])
}

// unescape undoes the escapes of RFC 4514, section 2.4: a backslash before a special character or
// before two hexadecimal digits.
func unescape(value string) string {
	var out strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' || i+1 == len(value) {
			out.WriteByte(value[i])
			continue
		}
		i++
		if i+1 < len(value) {
			if octet, err := hex.DecodeString(value[i : i+2]); err == nil {
				out.Write(octet)
				i++
				continue
			}
		}
		out.WriteByte(value[i])
	}
	return out.String()
}

// find gives the value of the first attribute of one of the kinds, in the order of the kinds.
func (n distinguishedName) find(kinds ...string) string {
	for _, kind := range kinds {
		i := slices.IndexFunc(n, func(a attribute) bool { return strings.EqualFold(a.kind, kind) })
		if i >= 0 && n[i].value != "" {
			return n[i].value
		}
	}
	return ""
}

// who is the name of a subject for people: the common name, the person's name, or the
// organisation's.
func who(subject string) string {
	name := parseName(subject)
	if common := name.find("CN"); common != "" {
		return common
	}
	given, surname := name.find("GN", "givenName"), name.find("SN", "surname")
	if person := strings.TrimSpace(given + " " + surname); person != "" {
		return person
	}
	if other := name.find("pseudonym", "O", "organizationName", "OU", "E", "emailAddress"); other != "" {
		return other
	}
	return subject
}

// called is who, short enough for a title.
func called(subject string) string { return short(who(subject), maxTitle) }

// where is the organisation and the country of the subject, unless who gives them already.
func where(subject string) string {
	name := parseName(subject)
	var parts []string
	for _, part := range []string{name.find("O", "organizationName"), name.find("C", "countryName")} {
		if part != "" && part != who(subject) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}
