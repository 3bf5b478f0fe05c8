package report

import (
	"path"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"influxion/handler/internal/pades"
)

const (
	maxText  = 2000 // characters of one text of a document or of a certificate
	maxLine  = 400  // of a sentence among those that come first
	maxTitle = 100  // of a name among them
	maxName  = 255  // characters of a document's name
	maxMarks = 3    // combining marks on one character: more of them draw over the lines above and below
)

// harmless gives a copy of a report in which no text can do more than be read. Every text is
// cleaned, whatever member it is of: a member that is added later is cleaned too.
func harmless(r *pades.Report) *pades.Report {
	c := cleaner{}
	copied := c.clean(reflect.ValueOf(*r)).Interface().(pades.Report)
	return &copied
}

// cleaner knows what it has cleaned: the names of issuers stand in many chains.
type cleaner map[string]string

func (c cleaner) clean(value reflect.Value) reflect.Value {
	copied := reflect.New(value.Type()).Elem()
	switch value.Kind() {
	case reflect.String:
		copied.SetString(c.text(value.String()))
	case reflect.Struct:
		if value.Type() == reflect.TypeFor[time.Time]() {
			return value
		}
		for i := range value.NumField() {
			copied.Field(i).Set(c.clean(value.Field(i)))
		}
	case reflect.Slice:
		if value.Len() > 0 {
			copied.Set(reflect.MakeSlice(value.Type(), value.Len(), value.Len()))
		}
		for i := range value.Len() {
			copied.Index(i).Set(c.clean(value.Index(i)))
		}
	case reflect.Map:
		copied.Set(reflect.MakeMap(value.Type()))
		for entries := value.MapRange(); entries.Next(); {
			copied.SetMapIndex(c.clean(entries.Key()), c.clean(entries.Value()))
		}
	case reflect.Pointer:
		if !value.IsNil() {
			copied.Set(c.clean(value.Elem()).Addr())
		}
	default:
		return value
	}
	return copied
}

func (c cleaner) text(text string) string {
	cleaned, known := c[text]
	if !known {
		cleaned = cleanText(text, maxText)
		c[text] = cleaned
	}
	return cleaned
}

// cleanText makes a text harmless: no control characters, which terminals obey; none of those that
// turn the direction of writing, which show something else than what is there; no heaps of
// combining marks; at most so many characters. It has one line.
func cleanText(text string, most int) string {
	var cleaned strings.Builder
	marks, length := 0, 0
	for _, r := range text { // what is not UTF-8 comes as U+FFFD
		if marks++; !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		} else if marks > maxMarks {
			continue
		}
		if length++; length > most {
			cleaned.WriteRune('…')
			break
		}
		switch {
		case unicode.Is(unicode.Zs, r):
			r = ' '
		case !unicode.IsGraphic(r):
			r = '\uFFFD'
		}
		cleaned.WriteRune(r)
	}
	return cleaned.String()
}

// short is a text that must leave room for others: the whole of it stands among the details.
func short(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// DocumentName is the name of a document for its report: the last element of the path that a caller
// gave, in the spelling of any system, as a harmless text of at most 255 characters; "" if nothing
// is left.
func DocumentName(given string) string {
	name := path.Base(strings.ReplaceAll(given, `\`, "/"))
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	return strings.TrimSpace(cleanText(name, maxName-1))
}
