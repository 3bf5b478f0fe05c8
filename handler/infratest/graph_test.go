package infratest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestMain lets the small az (testdata/bin/az) call this program in place of Microsoft Graph.
func TestMain(m *testing.M) {
	if folder := os.Getenv("GRAPH_STATE"); folder != "" {
		if err := (graph{folder}).answer(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "az:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// graph keeps registrations as Microsoft Graph does, one file for each. A PATCH replaces the
// members that it names as a whole. It must not leave out an enabled role or scope, and must not
// send back the member origin, which Graph only reports.
type graph struct{ folder string }

type object = map[string]any

func (g graph) file(id string) string { return filepath.Join(g.folder, "graph_"+id+".json") }

// registration returns the stored registration, or empty lists for a new one.
func (g graph) registration(id string) (object, error) {
	empty := object{"identifierUris": []any{}, "appRoles": []any{}, "requiredResourceAccess": []any{},
		"publicClient": object{"redirectUris": []any{}}, "spa": object{"redirectUris": []any{}},
		"api": object{"oauth2PermissionScopes": []any{}, "preAuthorizedApplications": []any{},
			"knownClientApplications": []any{}}}
	text, err := os.ReadFile(g.file(id))
	if errors.Is(err, os.ErrNotExist) {
		return empty, nil
	}
	return empty, errors.Join(err, json.Unmarshal(text, &empty))
}

// answer handles `show ID QUERY` and `patch ID BODY`.
func (g graph) answer(arguments []string) error {
	there, err := g.registration(arguments[1])
	if err != nil {
		return err
	}
	if arguments[0] == "patch" {
		return g.patch(arguments[1], there, arguments[2])
	}
	for _, role := range list(there, "appRoles") {
		role.(object)["origin"] = "Application"
	}
	inner, asText := strings.CutPrefix(arguments[2], "to_string(")
	found, rest := evaluate(there, strings.TrimSuffix(inner, ")"))
	if rest != "" {
		return fmt.Errorf("the query %q is not understood from %q on", arguments[2], rest)
	}
	if values, several := found.([]any); several && !asText {
		for _, value := range values {
			fmt.Println(value)
		}
		return nil
	}
	text, err := json.Marshal(found)
	fmt.Println(string(text))
	return err
}

func (g graph) patch(id string, there object, body string) error {
	var change object
	if err := json.Unmarshal([]byte(body), &change); err != nil {
		return fmt.Errorf("%w: %s", err, body)
	}
	after := maps.Clone(there)
	maps.Copy(after, change)
	for _, path := range [][]string{{"appRoles"}, {"api", "oauth2PermissionScopes"}} {
		for _, entry := range list(after, path...) {
			if _, told := entry.(object)["origin"]; told {
				return errors.New("(Request_BadRequest) origin is read-only")
			}
		}
		for _, entry := range list(there, path...) {
			same := func(other any) bool { return other.(object)["id"] == entry.(object)["id"] }
			if entry.(object)["isEnabled"] == true && !slices.ContainsFunc(list(after, path...), same) {
				return errors.New("(CannotDeleteOrUpdateEnabledEntitlement)")
			}
		}
	}
	return g.write(id, after)
}

func (g graph) write(id string, registration object) error {
	text, err := json.Marshal(registration)
	return errors.Join(err, os.WriteFile(g.file(id), text, 0o644))
}

func list(from object, path ...string) []any {
	for _, name := range path[:len(path)-1] {
		from, _ = from[name].(object)
	}
	all, _ := from[path[len(path)-1]].([]any)
	return all
}

// The part of JMESPath that infra/ uses: names, [], [?name=='value'], {name: query}.
var (
	nameStep   = regexp.MustCompile(`^\.?(\w+)`)
	filterStep = regexp.MustCompile(`^\[\?(\w+)(==|!=)'([^']*)'\]`)
	memberStep = regexp.MustCompile(`^[\s,]*(\w+):\s*`)
)

// evaluate returns the result of a query on from, and the rest of the query's text, from a comma or
// brace on.
func evaluate(from any, text string) (found any, rest string) {
	if at := filterStep.FindStringSubmatch(text); at != nil {
		var kept []any
		for _, element := range elements(from) {
			if (element.(object)[at[1]] == at[3]) == (at[2] == "==") {
				kept = append(kept, element)
			}
		}
		return evaluateEach(kept, text[len(at[0]):])
	}
	if after, flat := strings.CutPrefix(text, "[]"); flat {
		var all []any
		for _, element := range elements(from) {
			if inner, several := element.([]any); several {
				all = append(all, inner...)
			} else {
				all = append(all, element)
			}
		}
		return evaluateEach(all, after)
	}
	if strings.HasPrefix(strings.TrimPrefix(text, "."), "{") {
		return evaluateMembers(from, strings.TrimPrefix(text, ".")[1:])
	}
	if at := nameStep.FindStringSubmatch(text); at != nil {
		members, _ := from.(object)
		return evaluate(members[at[1]], text[len(at[0]):])
	}
	return from, text
}

func elements(of any) []any {
	all, _ := of.([]any)
	return all
}

// evaluateEach applies the steps after a list to each element; [] ends that, and flattens.
func evaluateEach(all []any, text string) (found any, rest string) {
	steps, after, flat := strings.Cut(text, "[]")
	if flat && !strings.ContainsAny(steps, "{},") {
		inner, _ := evaluateEach(all, steps)
		return evaluate(inner, "[]"+after)
	}
	results := []any{}
	_, rest = evaluate(object{}, text)
	for _, element := range all {
		var result any
		if result, rest = evaluate(element, text); result != nil {
			results = append(results, result)
		}
	}
	return results, rest
}

func evaluateMembers(from any, text string) (found any, rest string) {
	made := object{}
	for {
		at := memberStep.FindStringSubmatch(text)
		if at == nil {
			break
		}
		made[at[1]], text = evaluate(from, text[len(at[0]):])
	}
	return made, strings.TrimPrefix(strings.TrimSpace(text), "}")
}
