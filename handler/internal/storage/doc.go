// Package storage keeps what must outlive the instance in Azure Blob Storage: the audit log, in
// append blobs of one container. It is the only package that names azblob, and it must never send
// an access token anywhere but to the host of the container. Sources: the REST API of Azure Storage
// (Put Blob, Append Block, Get Blob, List Blobs), and "Immutable storage for blob data" for
// containers that allow protected append writes.
//
// Read container.go first, then appendlog.go.
package storage
