package infratest

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// declaration is one statement of a Bicep file: a resource, module, param, var, output or
// extension.
type declaration struct {
	Kind, Name string
	Type       string // of a resource or module, without quotes
	Existing   bool
	Condition  string
	Body       value
}

// value is an expression: its text, and the contents of an object or a list. A list made by a loop
// holds the one item that the loop repeats.
type value struct {
	Text   string
	Fields map[string]value
	Items  []value
}

// at follows field names; a missing field is the zero value.
func (v value) at(names ...string) value {
	for _, name := range names {
		v = v.Fields[name]
	}
	return v
}

// literal returns the text of a string without its quotes.
func (v value) literal() string { return strings.Trim(v.Text, "'") }

// readBicep reads the statements of a file as far as the tests need them. It understands the form
// in which infra/ is written, not all of Bicep, and fails the test on anything else.
func readBicep(t *testing.T, name string) []declaration {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	declarations, err := parseBicep(string(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return declarations
}

func parseBicep(text string) (declarations []declaration, err error) {
	reader := &bicepReader{text: text}
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("line %d: %v", 1+strings.Count(text[:reader.at], "\n"), fault)
		}
	}()
	for reader.blank(); reader.at < len(text); reader.blank() {
		if reader.accept("@") { // a decorator says nothing that is tested
			reader.expression()
			continue
		}
		declarations = append(declarations, reader.declaration())
	}
	return declarations, nil
}

type bicepReader struct {
	text string
	at   int
}

func (r *bicepReader) declaration() declaration {
	d := declaration{Kind: r.word()}
	switch d.Kind {
	case "resource", "module":
		d.Name, d.Type = r.word(), strings.Trim(r.expressionUntil(" "), "'")
		d.Existing = r.accept("existing")
		r.want("=")
		if r.accept("if") {
			d.Condition = r.expressionUntil(" ")
		}
		d.Body = r.value()
	case "var":
		d.Name = r.word()
		r.want("=")
		d.Body = r.value()
	case "param", "output":
		d.Name = r.word()
		if r.next() != '=' {
			d.Type = r.word()
		}
		if r.accept("=") {
			d.Body = r.value()
		}
	case "targetScope", "extension", "using":
		r.accept("=")
		d.Name = strings.Trim(r.expression(), "'")
	default:
		panic("unknown statement " + d.Kind)
	}
	return d
}

func (r *bicepReader) value() value {
	r.blank()
	start := r.at
	v := value{}
	switch {
	case r.accept("{"):
		v.Fields = map[string]value{}
		for !r.accept("}") {
			key := strings.Trim(r.expressionUntil(":"), "'")
			r.want(":")
			if _, twice := v.Fields[key]; twice {
				panic("repeated field " + key)
			}
			v.Fields[key] = r.value()
			r.accept(",")
		}
	case r.accept("["):
		if r.accept("for ") {
			r.expressionUntil(":")
			r.want(":")
		}
		for !r.accept("]") {
			v.Items = append(v.Items, r.value())
			r.accept(",")
		}
	default:
		r.expression()
	}
	v.Text = strings.TrimSpace(r.text[start:r.at])
	// The objects that a call merges count as its fields, so union(settings, {…}) is read like {…}.
	if open := strings.Index(v.Text, "{"); v.Fields == nil && strings.HasPrefix(v.Text, "union(") && open > 0 {
		v.Fields = (&bicepReader{text: v.Text[open:]}).value().Fields
	}
	return v
}

func (r *bicepReader) expression() string { return r.expressionUntil("\n,]})") }

// expressionUntil reads up to one of the ends, ignoring ends in strings, brackets and comments, or
// up to the end of the line.
func (r *bicepReader) expressionUntil(ends string) string {
	r.blank()
	start, depth := r.at, 0
	for ; r.at < len(r.text); r.at++ {
		c := r.text[r.at]
		switch {
		case c == '\'':
			r.quoted()
		case depth == 0 && (strings.IndexByte(ends, c) >= 0 || c == '\n' || strings.HasPrefix(r.text[r.at:], "//")):
			return strings.TrimSpace(r.text[start:r.at])
		case strings.HasPrefix(r.text[r.at:], "//"): // within brackets, over several lines
			r.at += strings.IndexByte(r.text[r.at:], '\n')
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		}
	}
	return strings.TrimSpace(r.text[start:])
}

// quoted moves to the closing quote of a string. Interpolated expressions may contain strings
// themselves.
func (r *bicepReader) quoted() {
	for r.at++; r.text[r.at] != '\''; r.at++ {
		switch {
		case r.text[r.at] == '\\':
			r.at++
		case strings.HasPrefix(r.text[r.at:], "${"):
			for ; r.text[r.at] != '}'; r.at++ {
				if r.text[r.at] == '\'' {
					r.quoted()
				}
			}
		case r.text[r.at] == '\n':
			panic("string over two lines")
		}
	}
}

// blank skips white space and comments.
func (r *bicepReader) blank() {
	for r.at < len(r.text) {
		switch rest := r.text[r.at:]; {
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			r.at += end
		case strings.HasPrefix(rest, "/*"):
			panic("a comment of the form /* */")
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			r.at++
		default:
			return
		}
	}
}

func (r *bicepReader) next() byte {
	r.blank()
	return r.text[r.at]
}

func (r *bicepReader) accept(text string) bool {
	r.blank()
	found := strings.HasPrefix(r.text[r.at:], text)
	if found {
		r.at += len(text)
	}
	return found
}

func (r *bicepReader) want(text string) {
	if !r.accept(text) {
		panic("want " + text)
	}
}

const wordBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

func (r *bicepReader) word() string {
	r.blank()
	start := r.at
	for r.at < len(r.text) && strings.IndexByte(wordBytes, r.text[r.at]) >= 0 {
		r.at++
	}
	if start == r.at {
		panic("want a word")
	}
	return r.text[start:r.at]
}

func TestBicepIsRead(t *testing.T) {
	t.Parallel()
	declarations, err := parseBicep(`// a comment
@description('It\'s {odd} // text')
param who string = 'x${a('}')}y'
resource thing 'A.B/c@2020-01-01' = if (!empty(who)) {
  name: guid(a.id, 'b')
  list: ['one', 'two'] // why
  nested: { deep: { x: 'y' } }
}
resource old 'A.B/c@1' existing = {
  name: who
}
var many = [
  for one in ['a']: {
    id: one
  }
]
var merged = union(other, {
  K: 'v' // one's own
  L: 'w'
})
`)
	if err != nil {
		t.Fatal(err)
	}
	thing := declarations[1]
	for _, check := range []struct{ got, want string }{
		{declarations[0].Body.Text, "'x${a('}')}y'"},
		{thing.Type, "A.B/c@2020-01-01"},
		{thing.Condition, "(!empty(who))"},
		{thing.Body.at("name").Text, "guid(a.id, 'b')"},
		{thing.Body.at("list").Items[1].literal(), "two"},
		{thing.Body.at("nested", "deep", "x").literal(), "y"},
		{fmt.Sprint(declarations[2].Existing), "true"},
		{declarations[3].Body.Items[0].at("id").Text, "one"},
		{declarations[4].Body.at("K").literal() + declarations[4].Body.at("L").literal(), "vw"},
	} {
		if check.got != check.want {
			t.Errorf("got %s, want %s", check.got, check.want)
		}
	}
	for _, bad := range []string{"thing x", "var a = {\n  b: 1\n  b: 2\n}", "var a = {\n  b", "var a = 'b",
		"/* a */ var b = 1"} {
		if _, err := parseBicep(bad); err == nil {
			t.Errorf("got no error for %q", bad)
		}
	}
}
