package verify_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/audit/verify"
	"influxion/handler/internal/signing"
)

// A record is found by each digest that it has, in letters of either case, and by no other.
func TestFoundByEachDigest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := audit.New(audit.Config{Out: &out})
	digests := map[string]string{} // by what they are of
	for i, of := range []string{"sent", "returned", "hash"} {
		digests[of] = strings.Replace(digestOf(10+i), "0", "f", 1)
	}
	records := make([]signing.Record, 4)
	records[0].DocumentDigest = digests["sent"]
	records[1].SignedDigest = digests["returned"]
	records[2].Hash = digests["hash"]
	for _, record := range records {
		record.Time, record.Action, record.Outcome = time.Now(), signing.Sign, signing.Signed
		if err := log.Write(t.Context(), &record, audit.Attempts); err != nil {
			t.Fatal(err)
		}
	}
	log.Close()
	find := func(digests ...string) []verify.Evidence {
		checked := &verify.Log{Digests: digests}
		if err := checked.AddGrowing("log", bytes.NewReader(out.Bytes()), math.MaxInt64); err != nil {
			t.Fatal(err)
		}
		if report := checked.Report(); len(report.Findings) > 0 {
			t.Fatalf("got %v of a whole log", report.Findings)
		}
		return checked.Found()
	}
	for of, digest := range digests {
		for _, asked := range []string{digest, strings.ToUpper(digest)} {
			if got := find(asked); len(got) != 1 || !got[0].Intact {
				t.Errorf("got %+v by the digest of what is %s, want one record", got, of)
			}
		}
	}
	if got := find(digests["hash"], digests["sent"], digestOf(1)); len(got) != 2 {
		t.Errorf("got %+v by three digests, want the records of two", got)
	}
	if got := find(digestOf(1), ""); len(got) != 0 {
		t.Errorf("got %+v by the digest of another document, want none", got)
	}
}

// If a record was changed and the lines behind it were chained anew, up to any line, the record is
// not intact. A record that a timestamp proves stays intact.
func TestForgedRecordsAreNotIntact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	whole := w.write(t, timestampEvery+20, true)
	forge := func(t *testing.T, attempt int) []string {
		changed, _ := replace(attempt, `"object_id":"object-`, `"object_id":"forged-`)(t, slices.Clone(whole))
		return changed
	}
	rechained := func(attempt, behind int) []string {
		changed := rechain(t, forge(t, attempt), at(t, whole, attempt))
		return slices.Concat(changed[:at(t, whole, behind)], whole[at(t, whole, behind):])
	}
	for name, test := range map[string]struct {
		lines          []string
		attempt        int
		intact, proved bool
	}{
		"nothing":                            {whole, 100, true, true},
		"nothing, behind the last timestamp": {whole, timestampEvery + 5, true, false},
		"the record":                         {forge(t, 100), 100, false, false},
		"the record and the next line":       {rechained(100, 102), 100, false, false},
		"the record and all up to the timestamp's line": {rechained(100, timestampEvery-1), 100, false, false},
		"the record and all behind it": {rechain(t, forge(t, 100), at(t, whole, 100)), 100, false,
			false},
		"a record behind it":            {rechained(200, 202), 100, false, false},
		"a record behind the timestamp": {forge(t, timestampEvery+5), 100, true, true},
		"behind the timestamp, and the next line": {rechained(timestampEvery+5, timestampEvery+7),
			timestampEvery + 5, false, false},
		"the record, and the next line is gone": {slices.Delete(forge(t, 100), at(t, whole, 101), at(t, whole, 102)),
			100, false, false},
	} {
		log := &verify.Log{Roots: w.roots, Digests: []string{digestOf(test.attempt)}}
		if err := log.AddGrowing("log", strings.NewReader(strings.Join(test.lines, "")), math.MaxInt64); err != nil {
			t.Fatal(err)
		}
		report := log.Report()
		got := log.Found()
		if len(got) != 1 || got[0].Intact != test.intact || (got[0].ProvedBy != nil) != test.proved {
			t.Errorf("%s changed: got %+v with %v, want one record, intact: %t, proved: %t", name, got,
				report.Findings, test.intact, test.proved)
		}
	}
}

// A record whose time is later than that of a timestamp over it is found.
func TestRecordsAfterTheirTimestamp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for ahead, want := range map[time.Duration]int{0: 0, time.Hour: 1} {
		var out bytes.Buffer
		log := audit.New(audit.Config{Out: &out, Timestamper: w.timestamper})
		for i := range 3 {
			record := signing.Record{Time: time.Now().Add(ahead * time.Duration(i%2))}
			if err := log.Write(t.Context(), &record, audit.Attempts); err != nil {
				t.Fatal(err)
			}
		}
		if err := log.TimestampHeads(t.Context()); err != nil {
			t.Fatal(err)
		}
		log.Close()
		got := check(t, w, []string{out.String()}).Findings
		if len(got) != want || want > 0 && (got[0].Kind != verify.Untimely || got[0].Sequence != 2) {
			t.Errorf("got %v of a record %v ahead, want %d findings", got, ahead, want)
		}
	}
}
