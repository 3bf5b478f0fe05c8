package page

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"influxion/handler/internal/shell"
)

// calls are shell command lines that call an operation, with the examples of the description: one
// for each form of the request.
func calls(shown operation, o apiOperation, server string) []call {
	if server == "" {
		server = "https://HOST"
	}
	query, path := url.Values{}, shown.Path
	for _, p := range o.Parameters {
		switch {
		case p.Example == nil:
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(fmt.Sprint(p.Example)))
		case p.In == "query":
			query.Set(p.Name, fmt.Sprint(p.Example))
		}
	}
	start := "curl --fail-with-body"
	if !shown.Anonymous {
		start += ` -H "Authorization: Bearer $TOKEN"`
	}
	if len(shown.Bodies) == 0 {
		return []call{{"curl", start + " " + shell.Word(address(server+path, query))}}
	}
	var lines []call
	for _, one := range shown.Bodies {
		line, target := start, server+path
		switch one.Media {
		case "application/pdf":
			line += " \\\n     -H 'Content-Type: application/pdf' --data-binary @document.pdf"
			target = address(target, query)
		case "multipart/form-data":
			line += formFields(o.RequestBody.Content[one.Media].Example)
		default:
			example, err := json.Marshal(o.RequestBody.Content[one.Media].Example)
			if err != nil {
				continue // impossible: the value came from JSON
			}
			line += " \\\n     -H " + shell.Word("Content-Type: "+one.Media) + " -d " + shell.Word(string(example))
		}
		line += " \\\n     " + shell.Word(target)
		if makesDocument(shown) && one.Media != "application/json" {
			line += " -o answer.pdf"
		}
		lines = append(lines, call{one.Media, line})
	}
	return lines
}

// formFields are the fields of a form; in an example a file is named with @ before it.
func formFields(example any) (line string) {
	values, _ := example.(map[string]any)
	names := slices.Sorted(maps.Keys(values))
	slices.SortStableFunc(names, func(a, b string) int { // files after the options that are for them
		return cmp.Compare(strings.Index(fmt.Sprint(values[a]), "@"), strings.Index(fmt.Sprint(values[b]), "@"))
	})
	for _, name := range names {
		several, ok := values[name].([]any) // files of one name
		if !ok {
			several = []any{values[name]}
		}
		for _, value := range several {
			text, ok := value.(string)
			if !ok {
				encoded, err := json.Marshal(value)
				if err != nil {
					continue // impossible: the value came from JSON
				}
				text = string(encoded)
			}
			line += " \\\n     -F " + shell.Word(name+"="+text)
		}
	}
	return line
}

// makesDocument says whether an operation answers with a document.
func makesDocument(o operation) bool {
	return slices.ContainsFunc(o.Answers, func(r response) bool {
		return r.Status == "200" && strings.Contains(r.Media, "application/pdf") &&
			!strings.Contains(r.Media, "text/html")
	})
}

func address(target string, query url.Values) string {
	if len(query) == 0 {
		return target
	}
	return target + "?" + query.Encode()
}
