package page

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// description is what the page for developers shows of the API.
type description struct {
	Title, Version, Summary string
	Text                    string
	Server                  string
	Groups                  []group
}

type group struct {
	Name, Text string
	Operations []operation
}

type operation struct {
	ID, Method, Path, Summary, Text string
	Anonymous                       bool
	Options                         []field // of the path and the query
	Bodies                          []body
	Answers                         []response
	Calls                           []call
}

// Steps are the parts of the path, between which a narrow page goes on in a new line.
func (o operation) Steps() []string { return strings.SplitAfter(o.Path, "/") }

type field struct {
	Name, Place, Kind, Text string
	Required                bool
}

type body struct {
	Media  string
	Fields []field
}

type response struct{ Status, Text, Media string }

// call is a line for a shell.
type call struct{ Title, Line string }

// parseDescription reads an OpenAPI document. It trusts the document, which is part of the program.
func parseDescription(text []byte) (*description, error) {
	var document openAPI
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("read the API's description: %w", err)
	}
	paths, err := ordered(document.Paths)
	if err != nil {
		return nil, fmt.Errorf("read the API's description: %w", err)
	}
	d := &description{Title: document.Info.Title, Version: document.Info.Version, Summary: document.Info.Summary,
		Text: document.Info.Description}
	if len(document.Servers) > 0 {
		d.Server = strings.TrimSuffix(document.Servers[0].URL, "/")
	}
	for _, tag := range document.Tags {
		g := group{Name: tag.Name, Text: tag.Description}
		for _, path := range paths {
			for _, method := range []string{"get", "post", "put", "delete"} {
				if o, ok := path.item[method]; ok && slices.Contains(o.Tags, tag.Name) {
					g.Operations = append(g.Operations, document.operation(method, path.name, o, d.Server))
				}
			}
		}
		d.Groups = append(d.Groups, g)
	}
	return d, nil
}

// openAPI is what is read of a document of OpenAPI 3.1.
type openAPI struct {
	Info       struct{ Title, Version, Summary, Description string }
	Servers    []struct{ URL string }
	Tags       []struct{ Name, Description string }
	Paths      json.RawMessage
	Components struct {
		Schemas   map[string]schema
		Responses map[string]apiResponse
	}
}

type apiOperation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Security                          *[]json.RawMessage
	Parameters                        []struct {
		Name, In, Description string
		Required              bool
		Schema                schema
		Example               any
	}
	RequestBody struct {
		Content map[string]struct {
			Schema  schema
			Example any
		}
	}
	Responses map[string]apiResponse
}

type apiResponse struct {
	Ref         string `json:"$ref"`
	Description string
	Content     map[string]json.RawMessage
}

type schema struct {
	Ref         string `json:"$ref"`
	Type        any
	Format      string
	Description string
	Required    []string
	Properties  json.RawMessage
	Enum        []any
	AnyOf       []schema
}

type pathItem struct {
	name string
	item map[string]apiOperation
}

// members calls member for each member of a JSON object, in the object's order.
func members(text json.RawMessage, member func(name string, decoder *json.Decoder) error) error {
	if len(text) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		if err := member(fmt.Sprint(name), decoder); err != nil {
			return err
		}
	}
	return nil
}

func ordered(text json.RawMessage) (paths []pathItem, err error) {
	err = members(text, func(name string, decoder *json.Decoder) error {
		path := pathItem{name: name}
		paths = append(paths, path)
		return decoder.Decode(&paths[len(paths)-1].item)
	})
	return paths, err
}

func (a *openAPI) operation(method, path string, o apiOperation, server string) operation {
	shown := operation{ID: o.OperationID, Method: strings.ToUpper(method), Path: path, Summary: o.Summary,
		Text: o.Description, Anonymous: o.Security != nil && len(*o.Security) == 0}
	for _, p := range o.Parameters {
		shown.Options = append(shown.Options,
			field{Name: p.Name, Place: p.In, Kind: kind(p.Schema), Text: p.Description, Required: p.Required})
	}
	forms := slices.Sorted(maps.Keys(o.RequestBody.Content))
	slices.SortStableFunc(forms, func(a, b string) int { // a document as it is before one in base64, which nobody types
		return cmp.Compare(strings.Count(a, "json"), strings.Count(b, "json"))
	})
	for _, media := range forms {
		shown.Bodies = append(shown.Bodies, body{media, a.fields(o.RequestBody.Content[media].Schema)})
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		answer := o.Responses[status]
		if answer.Ref != "" {
			answer = a.Components.Responses[last(answer.Ref)]
		}
		shown.Answers = append(shown.Answers, response{status, answer.Description,
			strings.Join(slices.Sorted(maps.Keys(answer.Content)), ", ")})
	}
	shown.Calls = calls(shown, o, server)
	return shown
}

func last(reference string) string { return reference[strings.LastIndexByte(reference, '/')+1:] }

// fields are the members of a schema, or of the one that it refers to, in the document's order.
func (a *openAPI) fields(s schema) (fields []field) {
	if s.Ref != "" {
		s = a.Components.Schemas[last(s.Ref)]
	}
	// The document has been read once as a whole, so that this cannot fail.
	_ = members(s.Properties, func(name string, decoder *json.Decoder) error {
		var of schema
		if err := decoder.Decode(&of); err != nil {
			return err
		}
		text := of.Description
		if of.Ref != "" && text == "" {
			text = a.Components.Schemas[last(of.Ref)].Description
		}
		fields = append(fields, field{Name: name, Kind: kind(of), Text: text,
			Required: slices.Contains(s.Required, name)})
		return nil
	})
	return fields
}

// kind says in a few words what a schema allows.
func kind(s schema) string {
	if s.Ref != "" {
		return last(s.Ref)
	}
	if len(s.Enum) > 0 {
		var values []string
		for _, value := range s.Enum {
			if value != nil {
				values = append(values, fmt.Sprint(value))
			}
		}
		return strings.Join(values, " | ")
	}
	for _, one := range s.AnyOf {
		if name := kind(one); name != "null" && name != "" {
			return name
		}
	}
	if s.Format == "binary" {
		return "file"
	}
	switch types := s.Type.(type) {
	case string:
		return types
	case []any:
		return fmt.Sprint(types[0])
	}
	return ""
}
