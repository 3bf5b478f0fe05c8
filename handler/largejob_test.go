package main_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
	"influxion/handler/internal/pdftest"
	"influxion/handler/internal/pkitest"
)

var largeJob = flag.Int("large-job", 100_000_000, "`bytes` of the document of TestLargeJobNeedsLittleMemory")

// maxBeside is the memory that the handler may take for a job on a blob of any size.
const maxBeside = 64 << 20

// Signing a document of the inbox takes constant memory: the document streams from its blob to the
// blob of the result.
func TestLargeJobNeedsLittleMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the peak of another process's memory can be read on Linux alone")
	}
	p := startAt(t, stageJobs(t), cloudtest.Config{Algorithm: pkitest.P256, Jobs: true}, hosttest.Config{})
	p.job(t, p.submit(t, [][]byte{pdftest.Sample(0)})[0].ID) // so that everything has been used once
	document := pdftest.Sample(*largeJob)
	inbox := p.TenantID + "/" + p.User.ObjectID + "/large.pdf"
	p.Blobs.Upload(cloudtest.InboxContainer, inbox, document)
	pid := p.host.PID()
	before := processMemory(t, pid, "VmRSS")
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
		t.Fatal(err) // the peak would be that of the start
	}
	_, body := p.do(t, http.MethodPost, "/api/jobs", "application/json",
		strings.NewReader(`{"operation": "sign", "blob": "`+inbox+`"}`))
	var answer struct{ Jobs []jobAnswer }
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Jobs) != 1 {
		t.Fatalf("got %s, want a job", body)
	}
	job := p.job(t, answer.Jobs[0].ID)
	result := p.Blobs.ContentOf(cloudtest.ResultsContainer)[job.ID]
	if job.Status != "Done" || len(result) <= len(document) {
		t.Fatalf("got %+v with %d bytes, want the document signed", job, len(result))
	}
	beside := processMemory(t, pid, "VmHWM") - before
	t.Logf("a job on a document of %d MiB took %d MiB of memory", len(document)>>20, beside>>20)
	if beside > maxBeside {
		t.Errorf("got %d bytes of memory, want %d at most", beside, maxBeside)
	}
}

// processMemory is one value from a process's status, in bytes: proc(5).
func processMemory(t *testing.T, pid int, name string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("got no %s", name)
	}
	kilobytes, err := strconv.ParseInt(string(found[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}
