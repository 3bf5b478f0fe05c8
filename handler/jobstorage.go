package main

import (
	"context"
	"errors"

	"influxion/handler/internal/storage"
)

// newStoredJobs keeps jobs in the storage account that the settings name; nil if they name none.
// The Functions host hands these jobs out. newStoredJobs does not touch the network.
func newStoredJobs(c *config, in storage.Config) (*jobParts, error) {
	if c.Jobs.JobsStorageURL == "" {
		return nil, nil
	}
	in.URL = c.Jobs.JobsStorageURL
	store, err := storage.NewJobs(in)
	if err != nil {
		return nil, err
	}
	in.URL = c.Jobs.JobsQueueURL
	queue, err := storage.NewQueue(in)
	if err != nil {
		return nil, err
	}
	return &jobParts{store: store, queue: queue, requests: store.Requests(),
		ready: func(ctx context.Context) error { return errors.Join(store.Ready(ctx), queue.Ready(ctx)) }}, nil
}
