package storage

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azqueue/v2"

	"influxion/handler/internal/jobs"
)

// JobsQueue is the name of the queue of jobs, which function.json names too.
const JobsQueue = "jobs"

// forever is the time-to-live of a message: a job that nobody has run must not be forgotten.
const forever = -1

// Queue is a queue of Azure Queue Storage. It implements jobs.Queue. Safe for concurrent use.
type Queue struct{ client *azqueue.QueueClient }

var _ jobs.Queue = (*Queue)(nil)

// NewQueue makes the queue JobsQueue in the account of config.URL, such as
// https://account.queue.core.windows.net. It does no I/O.
func NewQueue(config Config) (*Queue, error) {
	if err := CheckAccountURL(config.URL); err != nil {
		return nil, fmt.Errorf("queue of jobs: %w", err)
	}
	options, err := config.options(queueRetries())
	if err != nil {
		return nil, fmt.Errorf("queue of jobs: %w", err)
	}
	client, err := azqueue.NewQueueClient(strings.TrimRight(config.URL, "/")+"/"+JobsQueue, config.Credential,
		&azqueue.ClientOptions{ClientOptions: options})
	if err != nil {
		return nil, fmt.Errorf("queue of jobs: %w", err)
	}
	return &Queue{client}, nil
}

// Enqueue implements jobs.Queue. After a lost answer the message may be there twice.
func (q *Queue) Enqueue(ctx context.Context, id string) error {
	if !jobs.ValidID(id) {
		return jobs.ErrNotFound
	}
	if _, err := q.client.EnqueueMessage(ctx, id,
		&azqueue.EnqueueMessageOptions{TimeToLive: to.Ptr(int32(forever))}); err != nil {
		return failed("put message", err)
	}
	return nil
}

// Ready returns an error if the queue cannot be reached now.
func (q *Queue) Ready(ctx context.Context) error {
	if _, err := q.client.GetProperties(ctx, nil); err != nil {
		return failed("read queue", err)
	}
	return nil
}

// CheckAccountURL returns an error if the address is unfit for NewJobs and NewQueue: it must name a
// host by https, and have no query, because a shared access signature would be a secret.
func CheckAccountURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" ||
		u.Fragment != "" {
		return errors.New("want https://account.blob.core.windows.net, without a query")
	}
	// The emulator has the account in the path.
	if strings.Contains(strings.Trim(u.Path, "/"), "/") {
		return errors.New("want the address of the account, without a container")
	}
	return nil
}

// QueueURL is the address of an account's queues, made from the address of its blobs: the two
// differ in one label of their host. ok is false if the address does not have that label.
func QueueURL(blobs string) (address string, ok bool) {
	u, err := url.Parse(blobs)
	if err != nil || CheckAccountURL(blobs) != nil || !strings.Contains(u.Host, ".blob.") {
		return "", false
	}
	u.Host = strings.Replace(u.Host, ".blob.", ".queue.", 1)
	return strings.TrimRight(u.String(), "/"), true
}
