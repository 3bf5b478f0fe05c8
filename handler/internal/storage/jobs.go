package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"influxion/handler/internal/jobs"
)

// The containers of jobs in their storage account. Only the handler's identity may write records,
// inputs and results; the inbox is for those who ask for jobs.
const (
	RecordsContainer = "records"
	InboxContainer   = "inbox"
	ResultsContainer = "results"
)

const (
	recordPrefix = "jobs/"
	inputPrefix  = "inputs/"
	readsAtOnce  = 16 // records of a batch
	// scanPage is how many blobs one answer of Scan lists. Larger pages take more memory, and if
	// the service answers slowly, the whole page is requested again.
	scanPage = 1000
)

// Jobs keeps jobs in three containers of one storage account. A record is a block blob. Its version
// is the entity tag, so that only one of several concurrent updates succeeds. A result is a blob
// that is written only if there is none, with its description in the blob's metadata. Jobs
// implements jobs.Store. Safe for concurrent use.
type Jobs struct{ records, inbox, results *Container }

var _ jobs.Store = (*Jobs)(nil)

// NewJobs makes the store in the account of config.URL, such as
// https://account.blob.core.windows.net. It does no I/O.
func NewJobs(config Config) (*Jobs, error) {
	if err := CheckAccountURL(config.URL); err != nil {
		return nil, fmt.Errorf("storage of jobs: %w", err)
	}
	j, account := &Jobs{}, strings.TrimRight(config.URL, "/")
	config.Transport = config.transport() // one, for the three containers
	for name, into := range map[string]**Container{RecordsContainer: &j.records, InboxContainer: &j.inbox,
		ResultsContainer: &j.results} {
		config.URL = account + "/" + name
		made, err := newContainer(config, documentRetries())
		if err != nil {
			return nil, err
		}
		*into = made
	}
	return j, nil
}

// Kind implements jobs.Store.
func (j *Jobs) Kind() string { return "blob" }

// Ready returns an error if one of the containers cannot be read now.
func (j *Jobs) Ready(ctx context.Context) error {
	for _, in := range []*Container{j.records, j.inbox, j.results} {
		if _, err := in.properties(ctx, "influxion-readiness"); err != nil && !errors.Is(err, errGone) {
			return err
		}
	}
	return nil
}

// Inbox implements jobs.Store.
func (j *Jobs) Inbox(ctx context.Context, name string) (jobs.Input, error) {
	if !blobName(name) {
		return jobs.Input{}, jobs.ErrNotFound
	}
	is, err := j.inbox.properties(ctx, name)
	if err != nil {
		return jobs.Input{}, jobError(err)
	}
	return jobs.Input{Blob: name, ETag: is.version, Size: is.size}, nil
}

// Create implements jobs.Store. A crash between input and record leaves an input without a job,
// which the lifecycle rule of the container removes.
func (j *Jobs) Create(ctx context.Context, job *jobs.Job, input io.Reader) error {
	if !jobs.ValidID(job.ID) {
		return jobs.ErrNotFound
	}
	created := *job
	switch {
	case job.Input.Blob != "":
	case job.Input.Size <= smallInput:
		var err error
		if created.Content, err = io.ReadAll(&exactReader{content: input, left: job.Input.Size}); err != nil {
			return err
		}
		created.Input.InRecord = true
	default:
		version, err := j.records.put(ctx, write{name: inputPrefix + job.ID, mediaType: "application/octet-stream",
			size: job.Input.Size}, input)
		if err != nil {
			return jobError(err)
		}
		created.Input.ETag = version
	}
	if err := j.record(ctx, &created, ""); err != nil {
		if created.Input.ETag != "" && job.Input.Blob == "" && !errors.Is(err, jobs.ErrExists) {
			_ = j.records.remove(context.WithoutCancel(ctx), inputPrefix+job.ID, "")
		}
		return err
	}
	created.Content = nil // a request may ask for many
	*job = created
	return nil
}

// jobError turns an error of the storage into the error of package jobs for it.
func jobError(err error) error {
	for ours, theirs := range map[error]error{errGone: jobs.ErrNotFound, errTaken: jobs.ErrExists,
		errAltered: jobs.ErrConflict} {
		if errors.Is(err, ours) {
			return theirs
		}
	}
	return err
}

// Batch implements jobs.Store.
func (j *Jobs) Batch(ctx context.Context, batch string) ([]*jobs.Job, error) {
	if !jobs.ValidBatch(batch) {
		return nil, nil
	}
	names, err := j.records.Names(ctx, recordPrefix+batch+"-")
	if err != nil {
		return nil, err
	}
	found, errs := make([]*jobs.Job, len(names)), make([]error, len(names))
	var group sync.WaitGroup
	turn := make(chan struct{}, readsAtOnce)
	for i, name := range names {
		turn <- struct{}{}
		group.Go(func() {
			if found[i], errs[i] = j.Job(ctx, strings.TrimPrefix(name, recordPrefix)); errs[i] == nil {
				found[i].Content = nil // a thousand jobs would take much memory
			}
			<-turn
		})
	}
	group.Wait()
	var there []*jobs.Job
	for i, job := range found {
		switch {
		case errs[i] == nil:
			there = append(there, job)
		case !errors.Is(errs[i], jobs.ErrNotFound): // deleted meanwhile
			return nil, errs[i]
		}
	}
	return there, nil
}

// Delete implements jobs.Store. It deletes the record last, so that what an error leaves behind can
// be found.
func (j *Jobs) Delete(ctx context.Context, id string) error {
	if !jobs.ValidID(id) {
		return nil
	}
	if err := j.results.remove(ctx, id, ""); err != nil {
		return err
	}
	if err := j.records.remove(ctx, inputPrefix+id, ""); err != nil {
		return err
	}
	return j.records.remove(ctx, recordPrefix+id, "")
}

// Scan implements jobs.Store. It reads lists alone, and no record.
func (j *Jobs) Scan(ctx context.Context, visit func(jobs.Entry) error) error {
	prefix := recordPrefix
	pages := j.records.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix,
		Include: container.ListBlobsInclude{Metadata: true}, MaxResults: to.Ptr(int32(scanPage))})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return failed("list blobs", err)
		}
		if page.Segment == nil || page.Date == nil {
			return errors.New("list blobs: an answer without a list or a date")
		}
		for _, item := range page.Segment.BlobItems {
			entry, ok := jobEntry(item, *page.Date)
			if !ok {
				continue // nothing of ours
			}
			if err := visit(entry); err != nil {
				return err
			}
		}
	}
	return nil
}

// jobEntry reads an entry of a list that the service made at a time.
func jobEntry(item *container.BlobItem, seen time.Time) (entry jobs.Entry, ok bool) {
	if item.Name == nil || item.Properties == nil || item.Properties.LastModified == nil {
		return entry, false
	}
	metadata := lowerNames(item.Metadata)
	entry = jobs.Entry{ID: strings.TrimPrefix(*item.Name, recordPrefix), Status: jobs.Status(metadata[statusMember]),
		Changed: *item.Properties.LastModified, Seen: seen, Unqueued: metadata[unqueuedMember] != ""}
	var err error
	entry.Created, err = time.Parse(time.RFC3339Nano, metadata[createdMember])
	return entry, err == nil && jobs.ValidID(entry.ID)
}
