package infratest

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// topics are those of a bank's review, in the order of docs/review.md.
var topics = []string{"Network", "Identity", "Secrets and keys", "Encryption", "Logging", "Retention", "Availability",
	"Recovery", "Supply chain", "Change", "Monitoring", "Cost", "Personal data", "Exit", "What else is asked"}

var (
	// citation is a file and what is in it:
	// [vault.bicep](../infra/vault.bicep): `networkAcls`, `sku`.
	citation = regexp.MustCompile("\\[([^]]+)\\]\\(([^)#]+)\\)((?:(?::|,) `[^`]+`)*)")
	cited    = regexp.MustCompile("`([^`]+)`")
)

// TestReviewCitesWhatIsThere checks that every answer of docs/review.md says where to check it, and
// that each file that it names is there and has what the answer names in it.
func TestReviewCitesWhatIsThere(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(top + "docs/review.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections, numbers []string
	for line := range strings.Lines(string(text)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			sections = append(sections, strings.TrimSpace(title))
		}
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "| "), " |"), " | ")
		if len(cells) < 3 || strings.Contains(line, "where to check") {
			continue
		}
		question := cells[len(cells)-3]
		if len(cells) == 4 {
			numbers = append(numbers, cells[0])
		}
		if !strings.HasSuffix(question, "?") {
			t.Errorf("got %q, want a question", question)
		}
		for _, fault := range uncited(cells[len(cells)-1]) {
			t.Errorf("%s %s", question, fault)
		}
	}
	if !slices.Equal(sections, topics) {
		t.Errorf("got the topics %q, want %q", sections, topics)
	}
	if len(numbers) != 40 {
		t.Errorf("got %d questions, want forty", len(numbers))
	}
	for i, number := range numbers {
		if number != strconv.Itoa(i+1) {
			t.Errorf("got the number %s, want %d", number, i+1)
		}
	}
}

// uncited says what is wrong with a cell of citations.
func uncited(cell string) (faults []string) {
	found := citation.FindAllStringSubmatch(cell, -1)
	if rest := strings.Trim(citation.ReplaceAllString(cell, ""), " ;"); len(found) == 0 || rest != "" {
		faults = append(faults, "got "+strconv.Quote(rest)+" beside the citations, want files and names alone")
	}
	for _, one := range found {
		label, file := one[1], path.Join("docs", one[2])
		text, err := os.ReadFile(top + file)
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		if !strings.HasSuffix("/"+file, "/"+label) {
			faults = append(faults, "got "+label+" for "+file)
		}
		names := cited.FindAllStringSubmatch(one[3], -1)
		if len(names) == 0 {
			faults = append(faults, "got no name for "+file)
		}
		for _, name := range names {
			if !strings.Contains(string(text), name[1]) {
				faults = append(faults, "got `"+name[1]+"`, which is not in "+file)
			}
		}
	}
	return faults
}

func TestUncited(t *testing.T) {
	t.Parallel()
	const vault = "[vault.bicep](../infra/vault.bicep): "
	for cell, want := range map[string]int{
		vault + "`networkAcls`": 0,
		vault + "`networkAcls`, `sku`; [review.md](review.md): `## Network`": 0,
		vault + "`networkAccess`":                                                      1,
		vault + "`networkAccess`, `allowEverybody`":                                    2,
		vault + "somewhere":                                                            2,
		"[vault.bicep](../infra/vault.bicep)":                                          1,
		"[safe.bicep](../infra/safe.bicep): `networkAcls`":                             1,
		"[main.bicep](../infra/vault.bicep): `networkAcls`":                            1,
		"in the templates":                                                             1,
		vault + "`networkAcls`, and elsewhere":                                         1,
		"[app.bicep](../infra/app.bicep): `site`; [azure.yaml](../azure.yaml): `none`": 1,
	} {
		if got := uncited(cell); len(got) != want {
			t.Errorf("%s: got %q, want %d faults", cell, got, want)
		}
	}
}
