package storage_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azqueue/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azqueue/v2/queueerror"

	"influxion/handler/internal/blobtest"
	"influxion/handler/internal/idempotency"
	"influxion/handler/internal/idempotencytest"
	"influxion/handler/internal/jobs"
	"influxion/handler/internal/jobstest"
	"influxion/handler/internal/queuetest"
	"influxion/handler/internal/storage"
	"influxion/handler/internal/storagetest"
)

var realQueues = flag.String("queue-service", "",
	"https URL of the queues of the account of -service; the tests make containers and a queue of jobs there")

// account is a storage account of some service, with the containers and the queue of jobs.
type account struct {
	blobs, queues string // URLs
	transport     http.RoundTripper
	token         string
}

func (a account) open(t *testing.T) (*storage.Jobs, *storage.Queue) {
	t.Helper()
	config := storage.Config{URL: a.blobs, Credential: credential{a.token}, Transport: a.transport}
	store, err := storage.NewJobs(config)
	if err != nil {
		t.Fatal(err)
	}
	config.URL = a.queues
	queue, err := storage.NewQueue(config)
	if err != nil {
		t.Fatal(err)
	}
	return store, queue
}

// container gives a container as another holder of the role uses it.
func (a account) container(name string) place {
	return place{url: a.blobs + "/" + name, transport: a.transport, token: a.token}
}

// queue gives the queue as the Functions host uses it.
func (a account) queue(t *testing.T) *azqueue.QueueClient {
	t.Helper()
	client, err := azqueue.NewQueueClient(a.queues+"/"+storage.JobsQueue, credential{a.token},
		&azqueue.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: &http.Client{Transport: a.transport}}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// smallAccount serves the two small services.
func smallAccount(t *testing.T) account {
	t.Helper()
	blobs := httptest.NewTLSServer(blobtest.New(blobtest.Config{Container: storage.RecordsContainer,
		Others: []string{storage.InboxContainer, storage.ResultsContainer},
		Door:   storagetest.Door{Authorize: authorize}}))
	queues := httptest.NewTLSServer(queuetest.New(queuetest.Config{Queues: []string{storage.JobsQueue},
		Door: storagetest.Door{Authorize: authorize}}))
	t.Cleanup(blobs.Close)
	t.Cleanup(queues.Close)
	transport := blobs.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.RootCAs.AddCert(queues.Certificate())
	t.Cleanup(transport.CloseIdleConnections)
	return account{blobs: blobs.URL, queues: queues.URL, transport: transport, token: good}
}

func TestJobsContractOfSmallServers(t *testing.T) {
	t.Parallel()
	jobsContract(t, smallAccount(t))
}

func TestJobsContractOfRealService(t *testing.T) {
	if *realService == "" || *realQueues == "" {
		t.Skip("no -service or -queue-service URL")
	}
	a := account{blobs: strings.TrimRight(*realService, "/"), queues: strings.TrimRight(*realQueues, "/"),
		transport: http.DefaultTransport, token: realAccessToken(t)}
	for _, name := range []string{storage.RecordsContainer, storage.InboxContainer, storage.ResultsContainer} {
		_, err := a.container(name).raw(t).Create(t.Context(), nil)
		if err != nil && !bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
			t.Fatal(err)
		}
	}
	if _, err := a.queue(t).Create(t.Context(), nil); err != nil &&
		!queueerror.HasCode(err, queueerror.QueueAlreadyExists) {
		t.Fatal(err)
	}
	jobsContract(t, a)
}

// jobsContract is what every storage account must do for jobs, the small servers and real ones
// alike.
func jobsContract(t *testing.T, a account) {
	t.Run("of package jobs", func(t *testing.T) {
		jobstest.Contract(t, func(t *testing.T) (jobs.Store, jobs.Queue) { return a.open(t) })
	})
	t.Run("of package idempotency", func(t *testing.T) {
		idempotencytest.Contract(t, func(t *testing.T) idempotency.Store {
			store, _ := a.open(t)
			return store.Requests()
		})
	})
	for name, test := range map[string]func(*testing.T, account){
		"inbox": inboxContract, "lost answers": lostAnswersContract, "nobody else": strangersContract,
		"messages": messagesContract, "changed inputs": changedContract, "gone while it is read": goneContract,
		"refused": refusedContract,
	} {
		t.Run(name, func(t *testing.T) { test(t, a) })
	}
}

// An inbox has the blobs that others put there, and only names within it are valid.
func inboxContract(t *testing.T, a account) {
	store, _ := a.open(t)
	inbox := a.container(storage.InboxContainer)
	name := "t/o/" + jobs.NewBatch() + " ü+50%.pdf"
	inbox.make(t, name, "abc", "def")
	input, err := store.Inbox(t.Context(), name)
	if err != nil || input.Blob != name || input.Size != 6 || input.ETag == "" {
		t.Fatalf("got %+v (%v), want the blob of 6 bytes", input, err)
	}
	job := jobstest.New(6)
	job.Input = input
	if err := store.Create(t.Context(), job, nil); err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, store, job); got != "abcdef" {
		t.Errorf("got %q, want what is in the inbox", got)
	}
	if err := store.Delete(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Inbox(t.Context(), name); err != nil || got.ETag != input.ETag {
		t.Errorf("got %+v (%v) after the job was deleted, want the blob to stay", got, err)
	}
	other := jobstest.Create(t, store, []byte("secret"))
	for _, name := range []string{"", ".", "..", "/", "../" + storage.RecordsContainer + "/inputs/" + other.ID,
		"t/../../" + storage.RecordsContainer + "/jobs/" + other.ID, "t/o/", "t//o", "t/o/absent.pdf", "a\x00b",
		strings.Repeat("a", 2000)} {
		if got, err := store.Inbox(t.Context(), name); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("%.60q: got %+v (%v), want ErrNotFound", name, got, err)
		}
	}
}

// A write whose answer is lost has happened once, and is not taken for the write of another client.
func lostAnswersContract(t *testing.T, a account) {
	lost := 0
	faults := &network{base: a.transport}
	a.transport = faults
	store, _ := a.open(t)
	ctx := policy.WithRetryOptions(t.Context(), policy.RetryOptions{MaxRetries: 1, RetryDelay: time.Millisecond})
	loseNext := func() {
		before := lost
		faults.fate = func(request *http.Request) fate {
			// Blocks may be staged again: only the commit of the whole blob counts.
			if request.Method == http.MethodPut && request.URL.Query().Get("comp") != "block" && lost == before {
				lost++
				return lostAnswer
			}
			return arrives
		}
	}
	loseNext()
	job := jobstest.New(3)
	if err := store.Create(ctx, job, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	job.Status = jobs.InProgress
	loseNext()
	if err := store.Update(ctx, job); err != nil {
		t.Fatal(err)
	}
	for _, content := range [][]byte{[]byte("small"), bytes.Repeat([]byte("large"), 1<<20)} {
		job := jobstest.Create(t, store, []byte("abc"))
		loseNext()
		if err := store.PutResult(ctx, job, jobstest.Result(content), jobstest.Write(content)); err != nil {
			t.Errorf("%d bytes: got %v, want the result to be there", len(content), err)
		}
		err := store.PutResult(ctx, job, jobstest.Result(content), jobstest.Write(content))
		if !errors.Is(err, jobs.ErrExists) {
			t.Errorf("got %v of a second result, want ErrExists", err)
		}
	}
	if lost != 4 {
		t.Errorf("got %d lost answers, want 4", lost)
	}
	got, err := store.Job(ctx, job.ID)
	if err != nil || got.Status != jobs.InProgress || got.Version != job.Version {
		t.Errorf("got %+v (%v), want the updated record", got, err)
	}
}

// Blobs that are no records of ours are no jobs, whatever their names are.
func strangersContract(t *testing.T, a account) {
	store, _ := a.open(t)
	records := a.container(storage.RecordsContainer)
	job := jobstest.Create(t, store, []byte("abc"))
	for _, name := range []string{"jobs/x", "jobs/" + jobs.JobID(jobs.NewBatch(), 0), job.ID} {
		records.make(t, name, "{}")
		t.Cleanup(func() { remove(t, records, name) })
		if _, err := store.Job(t.Context(), strings.TrimPrefix(name, "jobs/")); err == nil && name != job.ID {
			t.Errorf("%s: got a job", name)
		}
	}
	err := store.Scan(t.Context(), func(entry jobs.Entry) error {
		if !jobs.ValidID(entry.ID) || entry.Created.IsZero() {
			t.Errorf("got the entry %+v, want jobs alone", entry)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func remove(t *testing.T, from place, name string) {
	if _, err := from.raw(t).NewBlobClient(name).Delete(context.WithoutCancel(t.Context()), nil); err != nil {
		t.Error(err)
	}
}

// A message is the ID of the job without any encoding, so that the host need not decode it.
func messagesContract(t *testing.T, a account) {
	_, queue := a.open(t)
	raw := a.queue(t)
	if _, err := raw.ClearMessages(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	id := jobstest.New(0).ID
	if err := queue.Enqueue(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := queue.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	for range 50 { // other tests may have left some
		got, err := raw.DequeueMessage(t.Context(), nil)
		if err != nil || len(got.Messages) != 1 {
			t.Fatalf("got %d messages (%v), want the job's among them", len(got.Messages), err)
		}
		if text := *got.Messages[0].MessageText; text == id {
			return
		}
	}
	t.Error("got no message of the job's ID")
}

// The document that is signed is the one that was there when the job was asked for.
func changedContract(t *testing.T, a account) {
	store, _ := a.open(t)
	inbox := a.container(storage.InboxContainer)
	name := "t/o/" + jobs.NewBatch() + ".pdf"
	large := strings.Repeat("0123456789abcdef", 4<<16)
	inbox.make(t, name, large)
	job := jobstest.New(len(large))
	var err error
	if job.Input, err = store.Inbox(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if err := store.Create(t.Context(), job, nil); err != nil {
		t.Fatal(err)
	}
	open, err := store.OpenInput(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	first := make([]byte, 4)
	if _, err := open.ReadAt(first, 0); err != nil || string(first) != "0123" {
		t.Fatalf("got %q (%v), want the beginning", first, err)
	}
	inbox.append(t, name, "x")
	if _, err := open.ReadAt(first, int64(len(large))-4); !errors.Is(err, jobs.ErrChanged) {
		t.Errorf("got %v of a blob that changed while it was read, want ErrChanged", err)
	}
	if _, err := store.OpenInput(t.Context(), job); !errors.Is(err, jobs.ErrChanged) {
		t.Errorf("got %v of a blob that has changed, want ErrChanged", err)
	}
}

// A deleted input gives a not-found error, when it is opened and while it is read.
func goneContract(t *testing.T, a account) {
	store, _ := a.open(t)
	job := jobstest.Create(t, store, bytes.Repeat([]byte("a"), 5<<20))
	open, err := store.OpenInput(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := store.Delete(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := open.ReadAt(make([]byte, 1), 5<<20-1); !errors.Is(err, jobs.ErrNotFound) {
		t.Errorf("got %v of an input that is gone, want ErrNotFound", err)
	}
}

// Without a token for this service nothing is read or written, and the error says nothing about the
// job.
func refusedContract(t *testing.T, a account) {
	store, _ := a.open(t)
	job := jobstest.Create(t, store, []byte("abc"))
	a.token = "unknown"
	refused, queue := a.open(t)
	mine := *job
	_, read := refused.Job(t.Context(), job.ID)
	_, batch := refused.Batch(t.Context(), jobs.BatchOf(job.ID))
	_, input := refused.OpenInput(t.Context(), job)
	_, result := refused.Result(t.Context(), job.ID)
	_, inbox := refused.Inbox(t.Context(), "t/o/a.pdf")
	for verb, err := range map[string]error{"read": read, "batch": batch, "input": input, "result": result,
		"inbox": inbox, "update": refused.Update(t.Context(), &mine), "delete": refused.Delete(t.Context(), job.ID),
		"create":  refused.Create(t.Context(), jobstest.New(1), strings.NewReader("a")),
		"scan":    refused.Scan(t.Context(), func(jobs.Entry) error { return nil }),
		"enqueue": queue.Enqueue(t.Context(), job.ID), "ready": queue.Ready(t.Context()),
		"put": refused.PutResult(t.Context(), job, jobstest.Result([]byte("a")), jobstest.Write([]byte("a"))),
	} {
		for _, known := range []error{nil, jobs.ErrNotFound, jobs.ErrConflict, jobs.ErrExists, jobs.ErrChanged,
			jobs.ErrFull, jobs.ErrNoInbox} {
			if errors.Is(err, known) {
				t.Errorf("%s: got %v, want that the storage refuses", verb, err)
			}
		}
		if err != nil && strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("%s: got %q, want one line", verb, err)
		}
	}
	if _, err := store.Job(t.Context(), job.ID); err != nil {
		t.Errorf("got %v, want the job unharmed", err)
	}
}

func readAll(t *testing.T, store jobs.Store, job *jobs.Job) string {
	t.Helper()
	document, err := store.OpenInput(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	defer document.Close()
	text, err := io.ReadAll(io.NewSectionReader(document, 0, document.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
