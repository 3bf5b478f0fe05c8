package jobs_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/jobstest"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/render"
	"influxion/handler/internal/render/archive"
	"influxion/handler/internal/signing"
)

func TestWhoSeesAJob(t *testing.T) {
	t.Parallel()
	job := jobstest.New(0)
	for _, test := range []struct {
		principal       signing.Principal
		creator, reader bool
	}{
		{signing.Principal{TenantID: "t", ObjectID: "o", ClientID: "another"}, true, false},
		{signing.Principal{TenantID: "T", ObjectID: "O"}, true, false},
		{signing.Principal{TenantID: "t", ObjectID: "p"}, false, false},
		{signing.Principal{TenantID: "u", ObjectID: "o"}, false, false},
		{signing.Principal{}, false, false},
		{signing.Principal{TenantID: "home", ObjectID: "p", Roles: []string{"x", "Jobs.Read.*"}}, false, true},
		{signing.Principal{TenantID: "t", ObjectID: "p", Roles: []string{"jobs.read.*"}}, false, false},
		{signing.Principal{TenantID: "home", ObjectID: "p", Roles: []string{"jobs.read", "jobs.read.a"}}, false, false},
		{signing.Principal{TenantID: "home", ObjectID: "p", Scopes: []string{"jobs.read.*"}}, false, false},
	} {
		if got := job.IsCreator(test.principal); got != test.creator {
			t.Errorf("got creator %v for %+v", got, test.principal)
		}
		if got := jobs.MayReadAll(test.principal, "Home"); got != test.reader {
			t.Errorf("got reader %v for %+v", got, test.principal)
		}
	}
	nobody := jobstest.New(0)
	nobody.Principal = signing.Principal{}
	if nobody.IsCreator(signing.Principal{}) || jobs.MayReadAll(signing.Principal{Roles: []string{"jobs.read.*"}}, "") {
		t.Error("got a caller without a tenant who sees a job")
	}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	p := signing.Principal{TenantID: "T", ObjectID: "o"}
	for name, want := range map[string]bool{
		"t/o/a.pdf": true, "t/o/folder/ä b.pdf": true,
		"t/o/": false, "t/o": false, "t/p/a.pdf": false, "u/o/a.pdf": false, "T/o/a.pdf": false, "/t/o/a.pdf": false,
		"t/o/../p/a.pdf": false, "t/o/./a.pdf": false, "t/o//a.pdf": false, "t/o/a/": false, "t/o/a\\b": false,
		"t/o/a?sig=x": false, "t/o/a#b": false, "t/o/%2e%2e/a": false, "t/o/a\nb": false, "t/o/\xff": false,
		"https://t/o/a.pdf": false, "t/o/" + strings.Repeat("a", 1100): false,
	} {
		if got := jobs.InInbox(p, name); got != want {
			t.Errorf("got %v for %.40q, want %v", got, name, want)
		}
	}
	if jobs.InInbox(signing.Principal{}, "//a.pdf") {
		t.Error("got a blob of nobody")
	}
}

// The options of a job survive its record, whatever options are added later.
func TestOptionsSurviveTheRecord(t *testing.T) {
	t.Parallel()
	asked := signing.Request{Certificate: "seal", Version: "v"}
	fill(t, reflect.ValueOf(&asked.Options).Elem())
	made := render.Request{}
	fill(t, reflect.ValueOf(&made).Elem())
	made.Page = nil // a report's, which no job asks for
	var options jobs.Options
	copyThroughJSON(t, jobs.NewOptions(asked), &options)
	if got := options.Request(nil); !reflect.DeepEqual(got, asked) {
		t.Errorf("got %+v, want %+v", got, asked)
	}
	var g jobs.Generation
	copyThroughJSON(t, jobs.NewGeneration(&made), &g)
	if got := g.Request(); !reflect.DeepEqual(got, &made) {
		t.Errorf("got %+v, want %+v", got, made)
	}
}

func copyThroughJSON(t *testing.T, from, to any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fill sets every field that is the caller's choice.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Type() {
	case reflect.TypeFor[pades.Services]():
		return // the deployment's
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
		return
	case reflect.TypeFor[archive.Standard]():
		v.SetString(string(archive.PDFA3B))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("ü\n<&>")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(2)
	case reflect.Uint, reflect.Uint8:
		v.SetUint(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0))
		fill(t, v.Index(1))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Func: // of the run
	default:
		t.Fatalf("got a field of type %s, which this test does not know", v.Type())
	}
}
