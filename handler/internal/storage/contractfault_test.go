package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"

	"influxion/handler/internal/clocktest"
	"influxion/handler/internal/storage"
)

// fate is the outcome of a request.
type fate int

const (
	arrives fate = iota
	lostRequest
	lostAnswer // after the service has done what it says
)

// network stands between a client and a service. A log sends its requests one after the other.
type network struct {
	base http.RoundTripper
	fate func(request *http.Request) fate // nil = arrives
}

// RoundTrip is http.RoundTripper.
func (n *network) RoundTrip(request *http.Request) (*http.Response, error) {
	what := arrives
	if n.fate != nil {
		what = n.fate(request)
	}
	if what == lostRequest {
		return nil, errors.New("the request is lost")
	}
	response, err := n.base.RoundTrip(request)
	if err == nil && what == lostAnswer {
		response.Body.Close()
		return nil, errors.New("the answer is lost")
	}
	return response, err
}

func isBlock(request *http.Request) bool { return request.URL.Query().Get("comp") == "appendblock" }

// blocksDown loses every block.
func blocksDown(request *http.Request) fate {
	if isBlock(request) {
		return lostRequest
	}
	return arrives
}

// answerThenDown loses the answer of the next block, and all later requests.
func answerThenDown() func(request *http.Request) fate {
	lost := false
	return func(request *http.Request) fate {
		switch {
		case lost:
			return lostRequest
		case isBlock(request):
			lost = true
			return lostAnswer
		}
		return arrives
	}
}

// quick makes the library try again as often as usual, with shorter pauses.
func quick(t *testing.T) context.Context {
	return policy.WithRetryOptions(t.Context(), policy.RetryOptions{MaxRetries: 1, RetryDelay: time.Millisecond})
}

// through gives a log whose requests go through a network of its own.
func (p place) through(t *testing.T, now func() time.Time) (*storage.AppendLog, *network) {
	t.Helper()
	faults := &network{base: p.transport}
	p.transport = faults
	log := storage.NewAppendLog(p.open(t, p.token), now)
	log.SetMaxBlocks(1 << 30) // the service says when a blob is full
	return log, faults
}

// When a blob has the maximum number of blocks, writing goes on in another blob. If the answer
// about the last block of a blob was lost, that block is not written twice.
func contractFull(t *testing.T, p place) {
	if p.maxBlocks > maxFill {
		t.Skipf("a blob of this service takes %d blocks", p.maxBlocks)
	}
	log, faults := p.through(t, clocktest.New(noon).Now)
	var want strings.Builder
	for i := range 2*p.maxBlocks + 1 {
		line := fmt.Sprintf("%d\n", i)
		want.WriteString(line)
		if i == p.maxBlocks-1 {
			lost := false
			faults.fate = func(request *http.Request) fate {
				if lost || !isBlock(request) {
					return arrives
				}
				lost = true
				return lostAnswer
			}
		}
		appendAll(t, log, line)
	}
	if got := p.read(t); got != want.String() {
		t.Errorf("got %q, want each line once", got)
	}
	if names := p.names(t); len(names) != 3 {
		t.Errorf("got %q, want three blobs", names)
	}
}

// lateReader reads the body of the first block when the next one is sent, as net/http may.
type lateReader struct {
	base  http.RoundTripper
	first io.Reader
}

// RoundTrip is http.RoundTripper.
func (l *lateReader) RoundTrip(request *http.Request) (*http.Response, error) {
	if !isBlock(request) {
		return l.base.RoundTrip(request)
	}
	if l.first == nil {
		l.first = request.Body
		return nil, errors.New("the request is lost")
	}
	if _, err := io.Copy(io.Discard, l.first); err != nil {
		return nil, err
	}
	return l.base.RoundTrip(request)
}

// Data that is still read from a failed try is not missing from the next one.
func contractBodies(t *testing.T, p place) {
	p.transport = &lateReader{base: p.transport}
	appendAll(t, storage.NewAppendLog(p.open(t, p.token), clocktest.New(noon).Now), "a\n", "b\n")
	if got := p.read(t); got != "a\nb\n" {
		t.Errorf("got %q, want both lines", got)
	}
}

// seal and acquire are two of the ways by which a blob accepts no more blocks.
func (p place) seal(t *testing.T, name string) {
	t.Helper()
	if _, err := p.raw(t).NewAppendBlobClient(name).Seal(t.Context(), nil); err != nil {
		closed(t, err)
	}
}

func (p place) acquire(t *testing.T, name string) {
	t.Helper()
	client, err := lease.NewBlobClient(p.raw(t).NewBlobClient(name), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.AcquireLease(t.Context(), -1, nil); err != nil {
		closed(t, err)
	}
}

// closed ignores the errors of a blob that already accepts no more blocks. Any other error fails
// the test.
func closed(t *testing.T, err error) {
	t.Helper()
	if !bloberror.HasCode(err, bloberror.LeaseIDMissing, bloberror.LeaseAlreadyPresent, "BlobIsSealed",
		bloberror.BlockCountExceedsLimit) {
		t.Fatal(err)
	}
}

// If a blob is sealed, leased or deleted, another blob follows. This holds whether or not the blob
// has a line, and whether or not the answer about its last block was lost.
func contractSpoiled(t *testing.T, p place) {
	day := noon // one for each of them
	for _, way := range []struct {
		name  string
		spoil func(t *testing.T, name string)
	}{{"sealed", p.seal}, {"leased", p.acquire}, {"gone", p.remove}} {
		for _, lines := range []int{0, 1, 3} {
			for _, lost := range []bool{false, true} {
				day = day.AddDate(0, 0, 1)
				now := day
				t.Run(fmt.Sprintf("%s after %d, answer lost %v", way.name, lines, lost), func(t *testing.T) {
					t.Parallel()
					spoiled(t, p, now, lines, lost, way.spoil)
				})
			}
		}
	}
}

func spoiled(t *testing.T, p place, now time.Time, lines int, lost bool, spoil func(t *testing.T, name string)) {
	log, faults := p.through(t, clocktest.New(now).Now)
	for i := range lines {
		appendAll(t, log, fmt.Sprintf("%d\n", i))
	}
	switch {
	case lost:
		faults.fate = answerThenDown()
	case lines == 0: // the blob is made, and nothing more
		faults.fate = blocksDown
	}
	if faults.fate != nil && log.Append(quick(t), []byte("last\n")) == nil {
		t.Fatal("got no error from a network that is down")
	}
	faults.fate = nil
	blobs := p.namesOf(t, now.Format("2006/01/02/"))
	if len(blobs) != 1 {
		t.Fatalf("got %q, want one blob", blobs)
	}
	blob := blobs[0]
	want := p.read(t, blob)
	if !strings.HasSuffix(want, "last\n") {
		want += "last\n"
	}
	spoil(t, blob)
	appendAll(t, log, "last\n", "more\n")
	names := p.namesOf(t, now.Format("2006/01/02/"))
	want += "more\n"
	if names[0] != blob { // it is gone, with what it had
		want = "last\nmore\n"
	}
	if got := p.read(t, names...); got != want {
		t.Errorf("got %q in %q, want %q", got, names, want)
	}
}

// Whatever is lost, and whatever others do to a blob: lines that are appended until there is no
// error are stored once, in their order.
func contractRandom(t *testing.T, p place) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s := &story{place: p, random: rand.New(rand.NewPCG(seed, 0)),
				clock: clocktest.New(noon.AddDate(int(seed), 0, 0))}
			s.year = s.clock.Now().Format("2006/") // of its own
			s.log, s.faults = p.through(t, s.clock.Now)
			var want strings.Builder
			for i := range 25 {
				line := fmt.Sprintf("%d\n", i)
				want.WriteString(line)
				s.append(t, line)
			}
			got := p.read(t, p.namesOf(t, s.year)...)
			if strings.ReplaceAll(got, "foreign\n", "") != want.String() {
				t.Errorf("got %q, want each line once and in order; %s", got, s.told.String())
			}
		})
	}
}

// story is a log that suffers every kind of fault.
type story struct {
	place
	random *rand.Rand
	clock  *clocktest.Clock
	year   string
	log    *storage.AppendLog
	faults *network
	told   strings.Builder
}

// append appends a line until there is no error. Before each try, a fault may befall the blob or
// the request.
func (s *story) append(t *testing.T, line string) {
	t.Helper()
	const tries = 8
	for try := range tries {
		s.disturb(t)
		var fates []fate
		if s.random.IntN(2) == 0 && try < tries-2 { // the last two go well
			for range s.random.IntN(6) {
				fates = append(fates, fate(s.random.IntN(3)))
			}
		}
		fmt.Fprintf(&s.told, "%q %v; ", line, fates)
		s.faults.fate = func(*http.Request) (next fate) {
			if len(fates) > 0 {
				next, fates = fates[0], fates[1:]
			}
			return next
		}
		if s.log.Append(quick(t), []byte(line)) == nil {
			return
		}
	}
	t.Fatalf("got errors from %d tries; %s", tries, s.told.String())
}

// disturb changes what others or the clock may change at any time.
func (s *story) disturb(t *testing.T) {
	t.Helper()
	names := s.namesOf(t, s.year)
	if len(names) == 0 {
		return
	}
	blob := names[len(names)-1]
	switch act := s.random.IntN(12); act {
	case 0:
		s.told.WriteString("sealed; ")
		s.seal(t, blob)
	case 1:
		s.told.WriteString("leased; ")
		s.acquire(t, blob)
	case 2, 3:
		s.told.WriteString("foreign; ")
		if _, err := s.raw(t).NewAppendBlobClient(blob).AppendBlock(t.Context(), body("foreign\n"), nil); err != nil {
			closed(t, err)
		}
	case 4:
		s.told.WriteString("another day; ")
		s.clock.Advance(24 * time.Hour)
	}
}
