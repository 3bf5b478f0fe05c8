package main

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
)

// fill sets every member of a report.
func fill(value reflect.Value) {
	switch value.Kind() {
	case reflect.String:
		value.SetString("text of " + value.Type().Name())
	case reflect.Struct:
		if value.Type() == reflect.TypeFor[time.Time]() {
			value.Set(reflect.ValueOf(time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)))
			return
		}
		for i := range value.NumField() {
			fill(value.Field(i))
		}
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 1, 1))
		fill(value.Index(0))
	case reflect.Array:
		for i := range value.Len() {
			fill(value.Index(i))
		}
	case reflect.Map:
		value.Set(reflect.ValueOf(map[string]int64{"a": 1}))
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		fill(value.Elem())
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int, reflect.Int64:
		value.SetInt(7)
	case reflect.Float64:
		value.SetFloat(1.5)
	}
}

// TestNothingIsLostOnTheWay compares the types of the client with those of the verifier: a report
// from the service contains all that a local one contains.
func TestNothingIsLostOnTheWay(t *testing.T) {
	t.Parallel()
	answer := &client.Report{}
	fill(reflect.ValueOf(answer).Elem())
	found, err := fromService(answer)
	if err != nil {
		t.Fatal(err)
	}
	wantFilled(t, "report", reflect.ValueOf(*found))
	if got := found.Signatures[0].Signer.Subject; got != answer.Signatures[0].Signer.Subject {
		t.Errorf("got %q, want %q", got, answer.Signatures[0].Signer.Subject)
	}
}

// wantFilled requires that no member of a value is empty.
func wantFilled(t *testing.T, name string, value reflect.Value) {
	t.Helper()
	if value.IsZero() {
		t.Errorf("got nothing for %s, which the client drops", name)
		return
	}
	switch value.Kind() {
	case reflect.Struct:
		if value.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range value.NumField() {
			wantFilled(t, name+"."+value.Type().Field(i).Name, value.Field(i))
		}
	case reflect.Slice:
		wantFilled(t, name+"[0]", value.Index(0))
	case reflect.Pointer:
		wantFilled(t, name, value.Elem())
	}
}

// A report on another document than the one sent is refused. What an older service does not report
// comes from the document itself.
func TestReportIsOnTheDocument(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{
		`{"document":{"sha256":"00"},"summary":{"total":1,"passed":1},"signatures":[{}]}`: exit.Failed,
		`{"summary":{"total":1,"passed":1},"signatures":[{}]}`:                            exit.OK,
	} {
		a, out, errs := program(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery != "" {
				t.Errorf("got the query %q, want that the file's name stays here", r.URL.RawQuery)
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(answer))
		}))
		if code := a.run(
			t.Context(),
			append([]string{"verify", "-o", "-", "--format", "json"}, links(t, 1, 10)...),
		); code != want {
			t.Errorf("got code %d for %s, want %d: %s", code, answer, want, errs)
		}
		if want == exit.OK &&
			(!strings.Contains(out.String(), `"size": 10`) || strings.Contains(out.String(), `"sha256": ""`)) {
			t.Errorf("got %s, want size and digest of the document", out)
		}
	}
}
