package verify_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/audit/verify"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/trustservices"
	"influxion/handler/internal/trusttest"
)

// records is the number of records in the log to tamper with. Its heads are timestamped after every
// timestampEvery records. The last part has no timestamp.
const (
	records        = 1000
	timestampEvery = 300
)

func digestOf(i int) string { return fmt.Sprintf("%064x", i+1) }

// world is a timestamp authority.
type world struct {
	timestamper *trustservices.Timestamper
	roots       *x509.CertPool
}

func newWorld(t testing.TB) world {
	t.Helper()
	trust, err := trusttest.New(trusttest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { trust.Close() })
	w := world{roots: x509.NewCertPool()}
	w.roots.AddCert(trust.Root)
	w.timestamper, err = trustservices.NewTimestamper(
		trustservices.TimestamperConfig{URLs: []string{trust.TSAURL()}, Anchors: w.roots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.timestamper.Close)
	return w
}

// write makes a log with a number of attempts and a refusal after every hundredth. It returns the
// lines with their line ends.
func (w world) write(t testing.TB, attempts int, end bool) []string {
	t.Helper()
	var out bytes.Buffer
	log := audit.New(audit.Config{Out: &out, Timestamper: w.timestamper})
	for i := range attempts {
		record := signing.Record{Time: time.Now().UTC(), InvocationID: fmt.Sprint(i), Action: signing.Sign,
			Caller:          signing.Caller{TenantID: "tenant", ObjectID: "object-" + fmt.Sprint(i%7)},
			RecordedOutcome: signing.RecordedOutcome{Outcome: signing.Signed},
			RecordedDocument: signing.RecordedDocument{
				DocumentDigest: digestOf(i), SignedDigest: digestOf(i + 1_000_000)},
			RecordedCertificate: signing.RecordedCertificate{Certificate: "invoices"}}
		if err := log.Write(t.Context(), &record, audit.Attempts); err != nil {
			t.Fatal(err)
		}
		if i%100 == 99 {
			if err := log.Write(t.Context(),
				&signing.Record{RecordedOutcome: signing.RecordedOutcome{Outcome: signing.Refused,
					Code: "invalid_token"}},
				audit.Refusals); err != nil {
				t.Fatal(err)
			}
		}
		if i%timestampEvery == timestampEvery-1 {
			if err := log.TimestampHeads(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	text := out.String()
	log.Close()
	if end {
		text = out.String()
	}
	return strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
}

func check(t testing.TB, w world, lines []string) verify.Report {
	t.Helper()
	log := &verify.Log{Roots: w.roots}
	if err := log.AddGrowing("log", strings.NewReader(strings.Join(lines, "")), math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	return log.Report()
}

// at finds the line of an attempt, from 0.
func at(t testing.TB, lines []string, attempt int) int {
	t.Helper()
	i := slices.IndexFunc(lines, func(line string) bool {
		return strings.Contains(line, `"invocation_id":"`+strconv.Itoa(attempt)+`"`)
	})
	if i < 0 {
		t.Fatalf("got no attempt %d", attempt)
	}
	return i
}

// rechain recomputes the chain of attempts from a line on, as an attacker would who can write
// everything but timestamps.
func rechain(t testing.TB, lines []string, from int) []string {
	t.Helper()
	out := slices.Clone(lines)
	last := map[string]string{}
	sequence := regexp.MustCompile(`"sequence":\d+,"previous":"[0-9a-f]{64}"`)
	counted := map[string]int{}
	for i, line := range out {
		parsed, ok, err := audit.ParseLine([]byte(strings.TrimSuffix(line, "\n")))
		if !ok || err != nil {
			continue
		}
		stream := string(parsed.Link.Stream)
		counted[stream]++
		if previous, chained := last[stream]; i > from && chained {
			places := sequence.FindAllStringIndex(line, -1)
			place := places[len(places)-1]
			line = line[:place[0]] + fmt.Sprintf(`"sequence":%d,"previous":"%s"`, counted[stream], previous) + line[place[1]:]
			out[i] = line
		}
		last[stream] = audit.Digest([]byte(strings.TrimSuffix(line, "\n")))
	}
	return out
}

// tampering is a way to change a log. It returns the changed log and the line, counted from 0, that
// a finding must name.
type tampering struct {
	name   string
	kind   verify.Kind
	tamper func(t testing.TB, lines []string) ([]string, int)
}

func replace(attempt int, old, new string) func(testing.TB, []string) ([]string, int) {
	return func(t testing.TB, lines []string) ([]string, int) {
		i := at(t, lines, attempt)
		changed := strings.Replace(lines[i], old, new, 1)
		if changed == lines[i] {
			t.Fatalf("got no %s in %s", old, lines[i])
		}
		lines[i] = changed
		return lines, i
	}
}

func timestampLine(t testing.TB, lines []string, nth int) int {
	t.Helper()
	for i, line := range lines {
		if strings.Contains(line, `"msg":"audit timestamp"`) {
			if nth--; nth == 0 {
				return i
			}
		}
	}
	t.Fatal("got no such timestamp")
	return 0
}

// changeTimestamp changes the timestamp of a line and recomputes the chain.
func changeTimestamp(nth int, change func(*audit.Timestamp)) func(testing.TB, []string) ([]string, int) {
	return func(t testing.TB, lines []string) ([]string, int) {
		i := timestampLine(t, lines, nth)
		line, _, err := audit.ParseLine([]byte(strings.TrimSuffix(lines[i], "\n")))
		if err != nil {
			t.Fatal(err)
		}
		change(line.Timestamp)
		text, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = string(text) + "\n"
		return rechain(t, lines, i), i
	}
}

func tamperings() []tampering {
	remove := func(from, to int) func(testing.TB, []string) ([]string, int) {
		return func(t testing.TB, lines []string) ([]string, int) {
			i, j := at(t, lines, from), at(t, lines, to)
			return slices.Delete(lines, i, j+1), i
		}
	}
	return []tampering{
		{"another caller", verify.Changed, replace(500, `"object_id":"object-3"`, `"object_id":"object-4"`)},
		{"another digest", verify.Changed, replace(500, digestOf(500), digestOf(501))},
		{"another signed digest", verify.Changed, replace(1, digestOf(1_000_001), digestOf(1))},
		{"another outcome", verify.Changed, replace(700, `"outcome":"signed"`, `"outcome":"refused"`)},
		{"another time", verify.Changed, replace(10, `"time":"20`, `"time":"19`)},
		{"another certificate", verify.Changed,
			replace(999-timestampEvery, `"certificate":"invoices"`, `"certificate":"payroll"`)},
		{"another duration", verify.Changed, replace(3, `"duration_ms":0`, `"duration_ms":1`)},
		{"a space", verify.Changed, replace(500, `{"level"`, `{ "level"`)},
		{"a member more", verify.Changed, replace(500, `{"level"`, `{"note":"x","level"`)},
		{"a member twice", verify.Changed, replace(500, `"audit":{`, `"audit":{"object_id":"nobody",`)},
		{"a carriage return", verify.Changed, replace(500, `,"chain"`, ",\r"+`"chain"`)},
		{"a carriage return at its end", verify.Changed, replace(500, "\n", "\r\n")},
		{"a letter of other case in a digest", verify.Unreadable, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			place := strings.Index(lines[i], `"previous":"`) + len(`"previous":"`)
			lines[i] = lines[i][:place] + strings.ToUpper(lines[i][place:place+64]) + lines[i][place+64:]
			return lines, i
		}},
		{"the memory of the line before", verify.Changed, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			place := strings.Index(lines[i], `"previous":"`) + len(`"previous":"`)
			lines[i] = lines[i][:place] + digestOf(7) + lines[i][place+64:]
			return lines, i
		}},
		{"the first line", verify.Changed, replace(0, `"object-0"`, `"object-1"`)},
		{"the line before a timestamp", verify.Changed,
			replace(timestampEvery-1, `"outcome":"signed"`, `"outcome":"failed"`)},
		{"two lines", verify.Changed, func(t testing.TB, lines []string) ([]string, int) {
			lines, _ = replace(500, `"outcome":"signed"`, `"outcome":"failed"`)(t, lines)
			return replace(501, `"outcome":"signed"`, `"outcome":"failed"`)(t, lines)
		}},
		{"one line is gone", verify.Gap, remove(500, 500)},
		{"many lines are gone", verify.Gap, remove(301, 599)},
		{"two gaps", verify.Gap, func(t testing.TB, lines []string) ([]string, int) {
			lines, _ = remove(100, 101)(t, lines)
			return remove(800, 850)(t, lines)
		}},
		{"a line becomes another's", verify.Unreadable, replace(500, `"msg":"audit"`, `"msg":"request"`)},
		{"a line is no JSON", verify.Unreadable, replace(500, `}`, ``)},
		{"a line is half", verify.Unreadable, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			lines[i] = lines[i][:len(lines[i])/2] + "\n"
			return lines, i
		}},
		{"a line is empty", verify.Gap, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			lines[i] = "\n"
			return lines, i + 1
		}},
		{"an empty line more", verify.Unreadable, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			return slices.Insert(lines, i, "\n"), i
		}},
		{"an empty line more at the end", verify.Unreadable, func(_ testing.TB, lines []string) ([]string, int) {
			return append(lines, "\n"), len(lines)
		}},
		{"two lines become one", verify.Unreadable, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			lines[i] = strings.TrimSuffix(lines[i], "\n")
			return lines, i
		}},
		{"a line is too long", verify.Unreadable, replace(500, `{"level"`, `{"x":"`+strings.Repeat("x", audit.MaxLine)+`","level"`)},
		{"the beginning is gone", verify.Cut, func(t testing.TB, lines []string) ([]string, int) {
			return slices.Delete(lines, 0, 50), 0
		}},
		{"the first line is gone", verify.Cut, func(t testing.TB, lines []string) ([]string, int) {
			return slices.Delete(lines, 0, 1), 0
		}},
		{"neighbours change places", verify.Reordered, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			lines[i], lines[i+1] = lines[i+1], lines[i]
			return lines, i + 1
		}},
		{"a line moves far back", verify.Reordered, func(t testing.TB, lines []string) ([]string, int) {
			i, j := at(t, lines, 20), at(t, lines, 900)
			line := lines[i]
			return slices.Insert(slices.Delete(lines, i, i+1), j, line), j
		}},
		{"a line moves to the front", verify.Reordered, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 900)
			line := lines[i]
			return slices.Insert(slices.Delete(lines, i, i+1), 0, line), 1
		}},
		{"a line stands there twice", verify.Repeated, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			return slices.Insert(lines, i, lines[i]), i + 1
		}},
		{"the end is there twice", verify.Repeated, func(t testing.TB, lines []string) ([]string, int) {
			return append(lines, lines[len(lines)-1]), len(lines)
		}},
		{"two lines of one sequence", verify.Conflict, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			return slices.Insert(lines, i+1, strings.Replace(lines[i], `"object-3"`, `"object-5"`, 1)), i + 1
		}},
		{"another sequence", verify.Gap, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			lines[i] = regexp.MustCompile(`"sequence":\d+`).ReplaceAllString(lines[i], `"sequence":5000`)
			return lines, i
		}},
		{"a sequence below 1", verify.Unreadable, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			lines[i] = regexp.MustCompile(`"sequence":\d+`).ReplaceAllString(lines[i], `"sequence":0`)
			return lines, i
		}},
		{"no chain", verify.Unreadable, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			lines[i] = regexp.MustCompile(`,"chain":\{[^}]*\}`).ReplaceAllString(lines[i], "")
			return lines, i
		}},
		{"a line that nobody wrote", verify.Conflict, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			return slices.Insert(lines, i+1, strings.Replace(lines[i], digestOf(500), digestOf(424242), 1)), i + 1
		}},
		{"a line of another stream", verify.Gap, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			lines[i] = strings.Replace(lines[i], `"stream":"attempts"`, `"stream":"refusals"`, 1)
			return lines, i + 1
		}},
		{"a line of another instance", verify.Cut, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 500)
			lines[i] = regexp.MustCompile(`"instance":"[^"]+"`).ReplaceAllString(lines[i], `"instance":"nobody"`)
			return lines, i
		}},
		{"changed and chained anew, before a timestamp", verify.Changed,
			func(t testing.TB, lines []string) ([]string, int) {
				lines, i := replace(100, `"object-2"`, `"object-3"`)(t, lines)
				lines = rechain(t, lines, i)
				return lines, at(t, lines, timestampEvery-1) // the line whose digest was timestamped
			}},
		{"removed and chained anew, before a timestamp", verify.Changed,
			func(t testing.TB, lines []string) ([]string, int) {
				lines, i := remove(100, 100)(t, lines)
				lines = rechain(t, lines, i-1)
				return lines, timestampLine(t, lines, 1) // which is now at the place of the last record
			}},
		{"inserted and chained anew, before a timestamp", verify.Changed,
			func(t testing.TB, lines []string) ([]string, int) {
				i := at(t, lines, 100)
				lines = rechain(t, slices.Insert(lines, i, lines[i]), i-1)
				return lines, at(t, lines, timestampEvery-2)
			}},
		{"lines before a timestamp are gone", verify.Gap, func(t testing.TB, lines []string) ([]string, int) {
			timestamp := timestampLine(t, lines, 3)
			cut := slices.Concat(lines[:800], []string{lines[timestamp]})
			return cut, len(cut) - 1
		}},
		{"a timestamp is gone", verify.Gap, func(t testing.TB, lines []string) ([]string, int) {
			i := timestampLine(t, lines, 1)
			return slices.Delete(lines, i, i+1), i
		}},
		{"the instance has another name, and all is chained anew", verify.Missing,
			func(t testing.TB, lines []string) ([]string, int) {
				first, _, err := audit.ParseLine([]byte(strings.TrimSuffix(lines[0], "\n")))
				if err != nil {
					t.Fatal(err)
				}
				link := `"chain":{"instance":"`
				for i, line := range lines {
					lines[i] = strings.Replace(line, link+first.Link.Instance, link+digestOf(1), 1)
				}
				return rechain(t, lines, -1), timestampLine(t, lines, 1)
			}},
		{"a timestamp of another time", verify.Untrusted,
			changeTimestamp(2, func(s *audit.Timestamp) { s.Time = s.Time.Add(time.Hour) })},
		{"a timestamp over other heads", verify.Untrusted, changeTimestamp(2, func(s *audit.Timestamp) {
			s.Heads[0].SHA256 = digestOf(1)
		})},
		{"a timestamp over fewer heads", verify.Untrusted,
			changeTimestamp(2, func(s *audit.Timestamp) { s.Heads = s.Heads[:1] })},
		{"a timestamp over heads that are joined", verify.Unreadable, changeTimestamp(2, func(s *audit.Timestamp) {
			first, second := s.Heads[0], s.Heads[1]
			second.Instance = fmt.Sprintln(first.Instance, first.Stream, first.Sequence, first.SHA256) + second.Instance
			s.Heads = []audit.Head{second}
		})},
		{"a token with a changed bit", verify.Untrusted,
			changeTimestamp(2, func(s *audit.Timestamp) { s.Token[len(s.Token)-9] ^= 1 })},
		{"a token that is none", verify.Untrusted,
			changeTimestamp(2, func(s *audit.Timestamp) { s.Token = []byte("no token") })},
		{"a stolen token", verify.Untrusted, func(t testing.TB, lines []string) ([]string, int) {
			first, _, err := audit.ParseLine([]byte(strings.TrimSuffix(lines[timestampLine(t, lines, 1)], "\n")))
			if err != nil {
				t.Fatal(err)
			}
			return changeTimestamp(2,
				func(s *audit.Timestamp) { s.Token, s.Time = first.Timestamp.Token, first.Timestamp.Time })(t, lines)
		}},
		{"a refusal is gone", verify.Gap, func(t testing.TB, lines []string) ([]string, int) {
			refusals := 0
			for i, line := range lines {
				if strings.Contains(line, `"stream":"refusals","sequence"`) && strings.Contains(line, `"msg":"audit"`) {
					if refusals++; refusals == 4 {
						lines = slices.Delete(lines, i, i+1)
						next := slices.IndexFunc(lines[i:], func(line string) bool { return strings.Contains(line, `"refusals","sequence":5`) })
						return lines, i + next
					}
				}
			}
			t.Fatal("got no refusal")
			return nil, 0
		}},
		{"all refusals are gone but one", verify.Cut, func(t testing.TB, lines []string) ([]string, int) {
			kept := 0
			lines = slices.DeleteFunc(lines, func(line string) bool {
				if !strings.Contains(line, `"code":"invalid_token"`) && !strings.Contains(line, `"msg":"audit end"`) {
					return false
				}
				kept++
				return kept > 1
			})
			return lines, slices.IndexFunc(lines,
				func(line string) bool { return strings.Contains(line, "invalid_token") })
		}},
		{"a line behind the end", verify.Changed, func(t testing.TB, lines []string) ([]string, int) {
			i := at(t, lines, 999)
			end := len(lines) - 1
			more := regexp.MustCompile(`"sequence":\d+`).ReplaceAllStringFunc(lines[i], func(text string) string {
				n, _ := strconv.Atoi(strings.TrimPrefix(text, `"sequence":`))
				return `"sequence":` + strconv.Itoa(n+2)
			})
			return append(lines[:end:end], strings.TrimSuffix(lines[end], "\n")+"\n", more), end + 1
		}},
		{"what is no log", verify.Unreadable, func(t testing.TB, lines []string) ([]string, int) {
			return slices.Insert(lines, 500, "hello\n"), 500
		}},
	}
}

// Every way to tamper with a log gives a finding of the right kind at the right place.
func TestTampering(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lines := w.write(t, records, true)
	lines[len(lines)-1] += "\n"
	whole := check(t, w, slices.Clone(lines))
	if len(whole.Findings) != 0 {
		t.Fatalf("got %v of a whole log, want nothing", whole.Findings)
	}
	if len(whole.Chains) != 2 || whole.Records != records+records/100+records/timestampEvery+2 {
		t.Fatalf("got %d records in %+v, want all of two chains", whole.Records, whole.Chains)
	}
	for _, chain := range whole.Chains {
		if !chain.Ended || chain.By == nil || chain.Proved == 0 || chain.Proved >= chain.Records {
			t.Errorf("got %+v, want a chain that has ended, most of it proved", chain)
		}
	}
	if n := len(tamperings()); n < 30 {
		t.Errorf("got %d ways, want 30 at least", n)
	}
	for _, way := range tamperings() {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			changed, line := way.tamper(t, slices.Clone(lines))
			report := check(t, w, changed)
			if !slices.ContainsFunc(report.Findings, func(f verify.Finding) bool {
				return f.Kind == way.kind && f.Place == verify.Place{Source: "log", Line: line + 1}
			}) {
				t.Errorf("got %v, want %s at line %d", report.Findings, way.kind, line+1)
			}
			if len(report.Findings) > 12 {
				t.Errorf("got %d findings, want those of one change", len(report.Findings))
			}
		})
	}
}

// A line that moves to another source of the log is named, wherever it moves. A log that was only
// split at other lines is whole.
func TestLinesThatMoveToAnotherSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	whole := w.write(t, 300, true)
	whole[len(whole)-1] += "\n"
	part := len(whole) / 3
	names := []string{"first", "second", "third", "fourth"}
	for name, test := range map[string]struct {
		from, to int // the source, counted from 0
		line     int // of the source that the line leaves
		place    int // in the other source
		found    bool
	}{
		"to the beginning of a later one":    {0, 1, 50, 0, true},
		"to the end of a later one":          {0, 1, 50, part, true},
		"into a later one":                   {0, 2, 50, 20, true},
		"the first line":                     {0, 2, 0, 0, true},
		"to the end of the one before":       {1, 0, 50, part, true},
		"to the beginning of an earlier one": {2, 0, 50, 0, true},
		"to a source of its own":             {1, 3, 50, 0, true},
		"the last line, to the next one":     {0, 1, part - 1, 0, false},
		"the first line, to the one before":  {1, 0, 0, part, false},
	} {
		sources := [][]string{slices.Clone(whole[:part]), slices.Clone(whole[part : 2*part]),
			slices.Clone(whole[2*part:]), nil}
		line := sources[test.from][test.line]
		sources[test.from] = slices.Delete(sources[test.from], test.line, test.line+1)
		sources[test.to] = slices.Insert(sources[test.to], test.place, line)
		log := &verify.Log{Roots: w.roots}
		for i, source := range names {
			text := strings.NewReader(strings.Join(sources[i], ""))
			if err := log.AddGrowing(source, text, math.MaxInt64); err != nil {
				t.Fatal(err)
			}
		}
		found := log.Report().Findings
		moved, _, err := audit.ParseLine([]byte(strings.TrimSuffix(line, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		reordered := slices.ContainsFunc(found, func(f verify.Finding) bool {
			return f.Kind == verify.Reordered && (f.Sequence == moved.Link.Sequence || moved.Link.Sequence == 1)
		})
		if reordered != test.found || len(found) > 2 {
			t.Errorf("a line moves %s: got %v, want it named: %t", name, found, test.found)
		}
	}
}

// No change of one byte in a line before the last timestamp may go unnoticed.
func FuzzChangedByte(f *testing.F) {
	w := newWorld(f)
	lines := w.write(f, 12, true)
	// The log is short, so its heads are timestamped by hand.
	text := strings.Join(lines, "")
	f.Add(uint32(0), byte(1))
	f.Add(uint32(300), byte(2))
	f.Add(uint32(len(text)/2), byte(0x80))
	f.Fuzz(func(t *testing.T, place uint32, flip byte) {
		if flip == 0 {
			return
		}
		changed := []byte(text)
		end := strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n") // no other line has the digest of the last line
		i := int(place) % end
		changed[i] ^= flip
		report := check(t, w, []string{string(changed)})
		if len(report.Findings) == 0 {
			t.Errorf("got nothing of byte %d (%q to %q), want a finding", i, text[i], changed[i])
		}
	})
}

// FuzzAdd checks that any input is read within bounds.
func FuzzAdd(f *testing.F) {
	w := newWorld(f)
	for _, line := range w.write(f, 3, true) {
		f.Add([]byte(line))
	}
	f.Add([]byte(`{"msg":"audit timestamp","timestamp":{"heads":[{"sequence":1}],"token":"` +
		base64.StdEncoding.EncodeToString([]byte("x")) + `"},"chain":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		log := &verify.Log{Roots: w.roots, Digests: []string{digestOf(1)}}
		if err := log.Add("log", bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		log.Report()
		log.Found()
	})
}
