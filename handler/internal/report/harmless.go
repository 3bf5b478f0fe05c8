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
	maxLine  = 400  // of a sentence at the top of the report
	maxTitle = 100  // of a name at the top of the report
	maxName  = 255  // characters of a document's name
	maxMarks = 3    // combining marks on one character: more of them draw over the lines above and below
)

// harmless gives a copy of a report in which every text is safe to show. It cleans all members of
// the report by reflection, so that a member that is added later is cleaned too.
func harmless(r *pades.Report) *pades.Report {
	c := cleaner{}
	copied := c.clean(reflect.ValueOf(*r)).Interface().(pades.Report)
	return &copied
}

// cleaner remembers the texts that it has cleaned, because many chains have the same issuers.
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

// cleanText makes a text safe to show in one line of at most so many characters. It removes control
// characters, which terminals execute; characters that change the direction of writing, which make
// a text look like another; and stacks of combining marks.
func cleanText(text string, most int) string {
	var cleaned strings.Builder
	marks, length := 0, 0
	for _, r := range text { // bytes that are not UTF-8 become U+FFFD
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

// short is a text cut to a length; the details have the whole of it.
func short(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// DocumentName is the name of a document for its report: the last element of the path that a caller
// gave, with the separators of any system, cleaned and cut to 255 characters; "" = nothing is left.
func DocumentName(given string) string {
	name := path.Base(strings.ReplaceAll(given, `\`, "/"))
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	return strings.TrimSpace(cleanText(name, maxName-1))
}
