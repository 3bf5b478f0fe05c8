package infratest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// properties adds the paths of the properties that a value sets. A name that comes from an
// expression, such as the ID of an identity, becomes *.
func (v value) properties(path string, into map[string]bool) {
	for name, field := range v.Fields {
		if strings.Contains(name, "${") {
			name = "*"
		}
		field.properties(strings.TrimPrefix(path+"."+name, "."), into)
	}
	for _, item := range v.Items {
		item.properties(path+"[]", into)
	}
	if len(v.Fields) == 0 && len(v.Items) == 0 {
		into[path] = true
	}
}

// usedProperties returns, by resource type, the properties that a file sets and reads.
func usedProperties(declarations []declaration, text string) map[string]bool {
	used := map[string]bool{}
	for _, d := range declarations {
		if d.Kind != "resource" {
			continue
		}
		set := map[string]bool{}
		d.Body.properties("", set)
		for path := range set {
			used[d.Type+" sets "+strings.TrimPrefix(path, "[].")] = true // of a resource that is repeated
		}
		reads := regexp.MustCompile(`\b` + d.Name + `\.((?:properties|identity)(?:\.\w+)+)`)
		for _, found := range reads.FindAllStringSubmatch(text, -1) {
			used[d.Type+" reads "+found[1]] = true
		}
	}
	return used
}

// The properties that infra/ sets and reads were compared with Microsoft's published Bicep types
// (Azure/bicep-types-az and microsoftgraph/msgraph-bicep-types), type by type and property by
// property. testdata/properties.txt lists them. Whoever adds a line must check it too: the property
// exists, has that kind, and is not read-only where it is set.
func TestPropertiesWereChecked(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for file, declarations := range templates(t) {
		text, err := os.ReadFile(filepath.Join(top, "infra", file))
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(used, usedProperties(declarations, string(text)))
	}
	text, err := os.ReadFile("testdata/properties.txt")
	if err != nil {
		t.Fatal(err)
	}
	checked := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, one := range slices.Sorted(maps.Keys(used)) {
		if !slices.Contains(checked, one) {
			t.Errorf("nobody has looked at %q", one)
		}
	}
	for _, one := range checked {
		if !used[one] {
			t.Errorf("got %q in testdata/properties.txt, which infra/ does not use", one)
		}
	}
}

func TestPropertiesAreRead(t *testing.T) {
	t.Parallel()
	text := `resource thing 'A.B/c@1' = {
  name: 'x'
  identity: {
    userAssignedIdentities: {
      '${other.id}': {}
    }
  }
  properties: {
    list: [
      {
        address: one
      }
    ]
  }
}
output id string = thing.properties.inner.id
output who string = thing.identity.principalId
`
	declarations, err := parseBicep(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"A.B/c@1 reads identity.principalId", "A.B/c@1 reads properties.inner.id",
		"A.B/c@1 sets identity.userAssignedIdentities.*", "A.B/c@1 sets name",
		"A.B/c@1 sets properties.list[].address"}
	if got := slices.Sorted(maps.Keys(usedProperties(declarations, text))); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
