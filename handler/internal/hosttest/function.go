package hosttest

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Function is a function that the host serves.
type Function struct {
	Name    string
	Route   string   // of an HTTP trigger, after the route prefix; the name when function.json has none
	Methods []string // of an HTTP trigger, upper case, sorted; empty = all

	template template      // nil = there is another trigger
	queue    *queueTrigger // nil = none
	timer    *timerTrigger // nil = none
}

// template is a route as segments, with the prefix in front.
type template []segment

type segment struct {
	text string // literal, or the parameter's name
	kind segmentKind
}

// segmentKind orders segments as routing does: the most specific first.
type segmentKind int

const (
	literal segmentKind = iota
	parameter
	optional // {name?}, last
	catchAll // {*name}, last
)

func parseTemplate(prefix, route string) (template, error) {
	path := strings.Trim(prefix+"/"+strings.Trim(route, "/"), "/")
	var parsed template
	for _, text := range strings.Split(path, "/") {
		part, err := parseSegment(text)
		if err != nil {
			return nil, fmt.Errorf("route %q: %w", route, err)
		}
		if n := len(parsed); n > 0 && parsed[n-1].kind >= optional {
			return nil, fmt.Errorf("route %q: {%s} must come last", route, parsed[n-1].text)
		}
		parsed = append(parsed, part)
	}
	if first := parsed[0].text; parsed[0].kind == literal &&
		(strings.EqualFold(first, "admin") || strings.EqualFold(first, "runtime")) {
		return nil, fmt.Errorf("route %q: %q belongs to the host", route, first)
	}
	return parsed, nil
}

func parseSegment(text string) (segment, error) {
	inner, isParameter := strings.CutPrefix(text, "{")
	if !isParameter {
		if text == "" || strings.ContainsAny(text, "{}?") {
			return segment{}, fmt.Errorf("segment %q is not understood", text)
		}
		return segment{text, literal}, nil
	}
	name, closed := strings.CutSuffix(inner, "}")
	kind := parameter
	switch {
	case !closed:
		return segment{}, fmt.Errorf("segment %q is not understood", text)
	case strings.HasPrefix(name, "*"):
		name, kind = strings.TrimLeft(name, "*"), catchAll
	case strings.HasSuffix(name, "?"):
		name, kind = strings.TrimSuffix(name, "?"), optional
	}
	if name == "" || strings.ContainsAny(name, "{}*?=") {
		return segment{}, fmt.Errorf("segment %q is not understood", text)
	}
	if strings.Contains(name, ":") {
		return segment{}, errors.New("constraints are not supported here")
	}
	return segment{name, kind}, nil
}

// matches reports whether the template fits an escaped path. It ignores a slash at the end, and
// letter case.
func (t template) matches(path string) bool {
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/"), "/")
	for i, want := range t {
		if want.kind == catchAll {
			return true
		}
		if i >= len(parts) {
			return want.kind == optional
		}
		part, err := url.PathUnescape(parts[i])
		if err != nil || part == "" || want.kind == literal && !strings.EqualFold(part, want.text) {
			return false
		}
	}
	return len(parts) == len(t)
}

// before reports whether t is the more specific of two templates that match the same path.
func (t template) before(other template) bool {
	return slices.CompareFunc(t, other, func(a, b segment) int { return int(a.kind) - int(b.kind) }) < 0
}

// find returns the function for a request. A wrong method is no match, as in the host: the answer
// is 404 too.
func (s *settings) find(method, path string) (Function, bool) {
	var found Function
	ok := false
	for _, function := range s.functions {
		if function.template == nil {
			continue
		}
		if len(function.Methods) > 0 && !slices.Contains(function.Methods, method) || !function.template.matches(path) {
			continue
		}
		if !ok || function.template.before(found.template) {
			found, ok = function, true
		}
	}
	return found, ok
}

// functionName is the host's rule for names. The name "host" is reserved.
var functionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,127}$`)

// folderRules are the rules of host.json for all functions.
type folderRules struct {
	prefix     string // of routes
	extensions bool   // there are the extensions that triggers other than HTTP need
}

// readFunctions reads the direct sub-folders of root. Like the host, it logs and skips a folder
// with an error, and serves the other functions.
func readFunctions(root string, rules folderRules, say func(Level, string, ...any)) ([]Function, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("script root: %w", err)
	}
	var functions []Function
	for _, entry := range entries {
		if !isDirectory(root, entry) {
			continue
		}
		path := filepath.Join(root, entry.Name(), "function.json")
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		function, err := readFunction(path, entry.Name(), rules)
		if err != nil {
			say(Error, "The '%s' function is in error: %v", entry.Name(), err)
			continue
		}
		functions = append(functions, function)
	}
	if len(functions) == 0 {
		return nil, fmt.Errorf("no function found in the folders of %s; the host looks one level deep", root)
	}
	return functions, nil
}

func isDirectory(root string, entry fs.DirEntry) bool {
	if entry.IsDir() {
		return true
	}
	info, err := os.Stat(filepath.Join(root, entry.Name())) // follows a link
	return err == nil && info.IsDir()
}

func readFunction(path, name string, rules folderRules) (Function, error) {
	if !functionName.MatchString(name) || strings.EqualFold(name, "host") {
		return Function{}, fmt.Errorf("'%s' is not a valid function name", name)
	}
	var manifest struct {
		Disabled bool      `json:"disabled"`
		Bindings []binding `json:"bindings"`
	}
	if err := readJSON(path, &manifest); err != nil {
		return Function{}, err
	}
	if manifest.Disabled {
		return Function{}, errors.New("it is disabled")
	}
	if len(manifest.Bindings) == 1 {
		return manifest.Bindings[0].function(name, rules)
	}
	var in, out int
	function := Function{Name: name, Route: name}
	for _, binding := range manifest.Bindings {
		switch {
		case strings.EqualFold(binding.Type, "httpTrigger") && strings.EqualFold(binding.Direction, "in"):
			in++
			if binding.Route != nil && *binding.Route != "" {
				function.Route = *binding.Route
			}
			for _, method := range binding.Methods {
				function.Methods = append(function.Methods, strings.ToUpper(method))
			}
		case strings.EqualFold(binding.Type, "http") && strings.EqualFold(binding.Direction, "out"):
			out++
		}
	}
	if in != 1 || out != 1 || len(manifest.Bindings) != 2 {
		return Function{}, errors.New("bindings must be one httpTrigger in and one http out, or one queueTrigger or " +
			"timerTrigger: others are not supported here")
	}
	slices.Sort(function.Methods)
	var err error
	function.template, err = parseTemplate(rules.prefix, function.Route)
	return function, err
}

// binding is one entry of function.json's bindings.
type binding struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Direction  string   `json:"direction"`
	Methods    []string `json:"methods"`
	Route      *string  `json:"route"`
	QueueName  string   `json:"queueName"`
	Connection string   `json:"connection"`
	Schedule   string   `json:"schedule"`
}

// function makes a function with this trigger as its only binding: the payload mode.
func (b *binding) function(name string, rules folderRules) (Function, error) {
	if b.Name == "" || !strings.EqualFold(b.Direction, "in") {
		return Function{}, errors.New("its binding has no name or no direction in")
	}
	if !rules.extensions {
		return Function{}, fmt.Errorf("the binding type '%s' is not registered: host.json needs an extensionBundle",
			b.Type)
	}
	switch {
	case strings.EqualFold(b.Type, "queueTrigger") && b.QueueName != "" && b.Connection != "":
		return Function{Name: name, queue: &queueTrigger{b.Name, b.QueueName, b.Connection}}, nil
	case strings.EqualFold(b.Type, "timerTrigger"):
		schedule, err := parseSchedule(b.Schedule)
		return Function{Name: name, timer: &timerTrigger{b.Name, schedule}}, err
	}
	return Function{}, fmt.Errorf("the binding type '%s' is not supported here, or not complete", b.Type)
}
