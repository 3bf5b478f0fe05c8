package main_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/server"
	"influxion/handler/internal/server/trigger"
	"influxion/handler/internal/storage"
)

// authLevel is the level of every function: access tokens replace function keys, and some functions
// need neither.
const authLevel = "anonymous"

// hostSettings are the settings of the handler in host.json.
type hostSettings struct {
	Version       string
	CustomHandler struct {
		Description struct{ DefaultExecutablePath string }
		HTTP        json.RawMessage `json:"http"`

		EnableForwardingHTTPRequest bool `json:"enableForwardingHttpRequest"`
		EnableProxyingHTTPRequest   bool `json:"enableProxyingHttpRequest"`
	}
	Extensions struct {
		HTTP struct{ RoutePrefix *string }
	}
}

// manifest is a function.json.
type manifest struct {
	Bindings []struct {
		Type, Direction, Name, AuthLevel, Route string
		Methods                                 []string
	}
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestHostSettingsAgreeWithTheBuild(t *testing.T) {
	t.Parallel()
	var host hostSettings
	readJSON(t, "../host.json", &host)
	handler := host.CustomHandler
	if host.Version != "2.0" || handler.Description.DefaultExecutablePath != "handler" {
		t.Errorf("got version %q and executable %q, want 2.0 and handler: the host sets the run bit on an exact match",
			host.Version, handler.Description.DefaultExecutablePath)
	}
	if !handler.EnableForwardingHTTPRequest || !handler.EnableProxyingHTTPRequest {
		t.Error("got a host that does not both proxy and forward, want both: older hosts know only forwarding")
	}
	if handler.HTTP != nil {
		t.Error("got customHandler.http, which the host refuses beside function.json")
	}
	if prefix := host.Extensions.HTTP.RoutePrefix; prefix != nil && *prefix != "api" {
		t.Errorf("got the route prefix %q, want api", *prefix)
	}
	script, err := os.ReadFile("../build.sh")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(script), `build_handler "$1/`+handler.Description.DefaultExecutablePath+`"`) {
		t.Error("build.sh does not build what host.json starts")
	}
}

func TestFunctionsAgreeWithTheRoutes(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../functions/*")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, folder := range folders {
		if name := filepath.Base(folder); name != "jobs" { // those of a queue and a timer
			got = append(got, name)
		}
	}
	name := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,127}$`)
	for _, route := range server.Routes() {
		if route.Function == "" {
			continue
		}
		want = append(want, route.Function)
		if !name.MatchString(route.Function) || strings.EqualFold(route.Function, "host") {
			t.Errorf("got the function name %q, which the host refuses", route.Function)
		}
		checkManifest(t, route)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, slices.Compact(want)) {
		t.Errorf("got the functions %v, want %v", got, want)
	}
}

// triggerOf is the route of a function's trigger, and its methods in upper case.
func triggerOf(r server.Route) (route string, methods []string) {
	if r.CatchAll {
		return "{*path}", []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
			http.MethodDelete, http.MethodOptions}
	}
	return strings.TrimPrefix(r.Path, "/api/"), r.Methods()
}

func checkManifest(t *testing.T, route server.Route) {
	t.Helper()
	var function manifest
	readJSON(t, filepath.Join("../functions", route.Function, "function.json"), &function)
	if len(function.Bindings) != 2 {
		t.Errorf("%s: got %d bindings, want one trigger and one output: anything else is not proxied", route.Function,
			len(function.Bindings))
		return
	}
	trigger, output := function.Bindings[0], function.Bindings[1]
	if trigger.Type != "httpTrigger" || trigger.Direction != "in" || output.Type != "http" ||
		output.Direction != "out" {
		t.Errorf("%s: got %s %s and %s %s, want an httpTrigger in and http out", route.Function, trigger.Type,
			trigger.Direction, output.Type, output.Direction)
	}
	if trigger.AuthLevel != authLevel {
		t.Errorf("%s: got auth level %q, want %q", route.Function, trigger.AuthLevel, authLevel)
	}
	path, methods := triggerOf(route)
	if trigger.Route != path {
		t.Errorf("%s: got the route %s, want %s", route.Function, trigger.Route, path)
	}
	if got := strings.ToUpper(strings.Join(trigger.Methods, " ")); got != strings.Join(methods, " ") {
		t.Errorf("%s: got the methods %v, want %v", route.Function, got, methods)
	}
}

// A folder that is staged with --jobs differs only in what functions without an HTTP trigger need.
func TestHostSettingsOfJobs(t *testing.T) {
	t.Parallel()
	var plain, jobs map[string]any
	readJSON(t, "../host.json", &plain)
	readJSON(t, "../functions/jobs/host.json", &jobs)
	bundle, _ := jobs["extensionBundle"].(map[string]any)
	extensions, _ := jobs["extensions"].(map[string]any)
	queues, _ := extensions["queues"].(map[string]any)
	if bundle["id"] != "Microsoft.Azure.Functions.ExtensionBundle" || bundle["version"] != "[4.*, 5.0.0)" {
		t.Errorf("got the bundle %v, want that of the host's version 4", bundle)
	}
	for name, want := range map[string]any{"messageEncoding": "none", "batchSize": 16.0, "newBatchThreshold": 16.0} {
		if queues[name] != want {
			t.Errorf("got extensions.queues.%s %v, want %v", name, queues[name], want)
		}
	}
	if jobs["functionTimeout"] != "00:30:00" {
		t.Errorf("got functionTimeout %v, want more than a run of a job takes", jobs["functionTimeout"])
	}
	delete(jobs, "extensionBundle")
	delete(extensions, "queues")
	jobs["functionTimeout"] = plain["functionTimeout"]
	if !reflect.DeepEqual(jobs, plain) {
		t.Errorf("got %v without what jobs need, want host.json: %v", jobs, plain)
	}
}

// The functions of the queue and of the timer have the names under which the handler serves them.
// They have no other binding, because that would put documents into messages.
func TestFunctionsOfJobs(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../functions/jobs/*/function.json")
	if err != nil || len(folders) != 2 {
		t.Fatalf("got %v (%v), want two functions", folders, err)
	}
	for name, want := range map[string]map[string]any{
		trigger.Job: {"type": "queueTrigger", "direction": "in", "name": trigger.Binding,
			"queueName": storage.JobsQueue, "connection": "Jobs"},
		trigger.Sweep: {"type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 */5 * * * *"},
	} {
		var function struct{ Bindings []map[string]any }
		readJSON(t, filepath.Join("../functions/jobs", name, "function.json"), &function)
		if len(function.Bindings) != 1 || !reflect.DeepEqual(function.Bindings[0], want) {
			t.Errorf("%s: got %v, want %v alone", name, function.Bindings, want)
		}
	}
}
