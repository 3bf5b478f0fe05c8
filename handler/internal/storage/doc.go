// Package storage keeps in Azure Storage what must outlive the instance: the audit log in append
// blobs of one container, and jobs, their inputs and their results in containers of another
// account, whose queue has the IDs of jobs to be run. It also reads the templates of documents from
// a container. It is the only package that imports azblob and azqueue. It must never send an access
// token to any host but that of the account, and never replace a result. Sources: the REST API of
// Azure Storage (Put Blob, Put Block List, Append Block, Get Blob, List Blobs, Put Message), and
// "Immutable storage for blob data" for containers that allow protected append writes.
//
// Read container.go first, then appendlog.go, templates.go, and for jobs write.go, jobs.go,
// jobinput.go, jobresult.go and queue.go.
package storage
