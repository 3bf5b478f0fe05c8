package main_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/signing"
)

var (
	// shownPiece is a piece of a sample on a page: the link to its file, and the fence after it.
	shownPiece = regexp.MustCompile("(?s)From\\s\\[[^]\n]+\\]\\((samples/[^)\n]+)\\):\n\n```[a-z]+\n(.*?)```\n")
	codeRow    = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [0-9, ]+ \\| .+ \\| [cod, ]+ \\| .*\\|$")
	query      = regexp.MustCompile("(?s)```kusto\n(.*?)```")
	member     = regexp.MustCompile(`\blog\.(audit)?(?:\.([a-z_]+)|\["([a-z_]+)"\]|([a-z_]+))`)
	eventName  = regexp.MustCompile(`"([a-z]+(?: [A-Za-z]+)+)"`)
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fence      = regexp.MustCompile("(?s)```.*?```")
)

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What a page shows of a sample is in the sample that is run, line for line; … stands for omitted
// lines.
func TestPageShowsTheSamples(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, piece := range shownPiece.FindAllStringSubmatch(page(t, "docs/client.md"), -1) {
		shown[strings.Split(piece[1], "/")[1]] = true
		rest := lines(page(t, filepath.Join("docs", piece[1])))
		for _, part := range strings.Split(piece[2], "…\n") {
			at := indexOf(rest, lines(part))
			if at < 0 {
				t.Errorf("%s does not hold, or not in this order:\n%s", piece[1], part)
				break
			}
			rest = rest[at+1:]
		}
	}
	folders, err := os.ReadDir("../docs/samples")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !shown[folder.Name()] {
			t.Errorf("docs/client.md shows nothing of samples/%s", folder.Name())
		}
	}
}

// lines gives the lines of a text, with four spaces for a tab.
func lines(text string) []string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range all {
		all[i] = strings.ReplaceAll(line, "\t", "    ")
	}
	return all
}

// indexOf finds where a run of lines begins. The indentation of the whole run does not matter.
func indexOf(in, run []string) int {
	margin := func(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
	for i := 0; i+len(run) <= len(in); i++ {
		shift := margin(in[i]) - margin(run[0])
		same := true
		for j, line := range run {
			other := in[i+j]
			same = same && strings.TrimSpace(line) == strings.TrimSpace(other) &&
				(line == "" || margin(other)-margin(line) == shift)
		}
		if same {
			return i
		}
	}
	return -1
}

// description are the parts of openapi.json that tests of pages read.
type description struct {
	Components struct {
		Schemas map[string]struct {
			Required   []string
			Properties map[string]struct{ Examples []string }
		}
	}
}

func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	var api description
	readJSON(t, "internal/server/openapi.json", &api)
	want := slices.Sorted(slices.Values(api.Components.Schemas["Problem"].Properties["code"].Examples))
	var got []string
	for _, row := range codeRow.FindAllStringSubmatch(page(t, "docs/operations.md"), -1) {
		got = append(got, row[1])
	}
	if len(want) < 30 || !slices.Equal(got, want) {
		t.Errorf("got a table of\n%v\nwant, in order,\n%v", got, want)
	}
}

// Each name in a query occurs in the log: as a tag of the audit record, or in the code that writes
// the log.
func TestQueriesNameWhatIsLogged(t *testing.T) {
	t.Parallel()
	audited := []string{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[signing.Record]()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		audited = append(audited, name)
	}
	code := source(t)
	queries := query.FindAllStringSubmatch(page(t, "docs/operations.md"), -1)
	if len(queries) < 10 {
		t.Fatalf("got %d queries, want those of the page", len(queries))
	}
	for _, q := range queries {
		for _, found := range member.FindAllStringSubmatch(q[1], -1) {
			name := found[2] + found[3] + found[4]
			switch {
			case found[1] == "audit" && !slices.Contains(audited, name):
				t.Errorf("got log.audit.%s in a query, want a member of the audit record: %v", name, audited)
			case found[1] == "" && name != "msg" && !strings.Contains(code, `"`+name+`"`):
				t.Errorf("got log.%s in a query, which nothing logs", name)
			}
		}
		for _, found := range eventName.FindAllStringSubmatch(q[1], -1) {
			if !strings.Contains(code, `"`+found[1]+`"`) {
				t.Errorf("got the event %q in a query, which nothing logs", found[1])
			}
		}
	}
}

// source is the production code of the handler.
func source(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") ||
			strings.HasPrefix(name, "cmd") || strings.Contains(filepath.Dir(name), "test") {
			return err
		}
		text, err := os.ReadFile(name)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// Workflows parse the answer with the schema of the API.
func TestWorkflowParsesTheAnswer(t *testing.T) {
	t.Parallel()
	var api description
	readJSON(t, "internal/server/openapi.json", &api)
	var actions struct {
		Parse struct {
			Inputs struct {
				Schema struct {
					Required   []string
					Properties map[string]json.RawMessage
				}
			}
		} `json:"Parse_signed"`
	}
	readJSON(t, "../docs/samples/logic-apps/actions.json", &actions)
	got, want := actions.Parse.Inputs.Schema, api.Components.Schemas["SignedDocument"]
	if !slices.Equal(got.Required, want.Required) || len(got.Properties) != len(want.Properties) {
		t.Errorf("got %v of %d members, want %v of %d", got.Required, len(got.Properties), want.Required,
			len(want.Properties))
	}
	for name := range want.Properties {
		if got.Properties[name] == nil {
			t.Errorf("got no member %s, want all of the answer", name)
		}
	}
}

// The README is for the first five minutes. Everything else belongs in docs/.
func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	if got := strings.Count(page(t, "README.md"), "\n"); got >= 200 {
		t.Errorf("got %d lines, want under 200", got)
	}
}

// The README's map names each place once, and only what is there.
func TestMapNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(page(t, "README.md"), "## Map\n\n```\n")
	rows, _, _ := strings.Cut(rest, "```")
	seen := map[string]bool{}
	for row := range strings.Lines(rows) {
		if strings.HasPrefix(row, strings.Repeat(" ", 10)) {
			continue // the rest of a description
		}
		top := ".."
		if strings.HasPrefix(row, " ") {
			top = "." // below handler/
		}
		places, _, _ := strings.Cut(strings.TrimSpace(row), "  ")
		for place := range strings.FieldsSeq(places) {
			if found, err := filepath.Glob(filepath.Join(top, strings.TrimSuffix(place, "…"))); err != nil ||
				len(found) == 0 {
				t.Errorf("got %s on the map, which is not there (%v)", place, err)
			}
			if seen[place] {
				t.Errorf("got %s twice on the map", place)
			}
			seen[place] = true
		}
	}
	if len(seen) < 15 {
		t.Errorf("got %d places, want those of the README", len(seen))
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) < 3 {
		t.Fatalf("got pages %v (%v)", pages, err)
	}
	for _, name := range append(pages, "../README.md", "../CONTRIBUTING.md") {
		text := fence.ReplaceAllString(page(t, strings.TrimPrefix(name, "../")), "")
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, ":") {
				continue
			}
			path := name
			if target != "" {
				path = filepath.Join(filepath.Dir(name), target)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: got a link to %s, which is not there", name, found[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(page(t, strings.TrimPrefix(path, "../"))), anchor) {
				t.Errorf("%s: got a link to %s, which has no such heading", name, found[1])
			}
		}
	}
}

// anchors are the anchor names of a page's headings, as links use them.
func anchors(text string) []string {
	var names []string
	for _, found := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		kept := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
				return r
			}
			return -1
		}, strings.ToLower(found[1]))
		names = append(names, kept)
	}
	return names
}

// If a page takes a figure from the README's Numbers, the README has that figure.
func TestFiguresAreTheReadmes(t *testing.T) {
	t.Parallel()
	_, numbers, _ := strings.Cut(page(t, "README.md"), "\n## Numbers\n")
	figure := regexp.MustCompile(`[0-9.]+ ms\b`)
	found := 0
	for line := range strings.SplitSeq(page(t, "docs/scale.md"), "\n") {
		if !strings.Contains(line, "(../README.md#numbers)") {
			continue
		}
		for _, shown := range figure.FindAllString(line, -1) {
			found++
			if !regexp.MustCompile(`(^|[^0-9.])` + regexp.QuoteMeta(shown)).MatchString(numbers) {
				t.Errorf("docs/scale.md has %s, which the README's Numbers have not", shown)
			}
		}
	}
	if found == 0 {
		t.Error("got no figure of the README in docs/scale.md")
	}
}
