package verify_test

import (
	"bytes"
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
		if err := checked.Add("log", bytes.NewReader(out.Bytes()), true); err != nil {
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
