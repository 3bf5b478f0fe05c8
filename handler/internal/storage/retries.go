package storage

import (
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	tryTimeout = 4 * time.Second // for one request
	retryDelay = 200 * time.Millisecond
)

// smallRetries are for small blobs, such as lines of the audit log and templates. Somebody waits.
func smallRetries() policy.RetryOptions {
	return policy.RetryOptions{MaxRetries: 1, TryTimeout: tryTimeout, RetryDelay: retryDelay}
}

// queueRetries are for messages.
func queueRetries() policy.RetryOptions {
	return policy.RetryOptions{MaxRetries: 2, TryTimeout: tryTimeout, RetryDelay: retryDelay}
}

// documentRetries give each block of a large document enough time. The context bounds the whole
// upload.
func documentRetries() policy.RetryOptions {
	return policy.RetryOptions{MaxRetries: 4, TryTimeout: time.Minute, RetryDelay: retryDelay,
		MaxRetryDelay: 5 * time.Second}
}
