// Package storage keeps in Azure Blob Storage what must outlive the instance: the audit log, in
// append blobs of one container. It also reads the templates of documents from a container. It is
// the only package that imports azblob. It must never send an access token to any host but that of
// the container. Sources: the REST API of Azure Storage (Put Blob, Append Block, Get Blob, List
// Blobs), and "Immutable storage for blob data" for containers that allow protected append writes.
//
// Read container.go first, then appendlog.go and templates.go.
package storage
