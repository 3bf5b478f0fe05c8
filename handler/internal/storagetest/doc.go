// Package storagetest is the common part of the small Azure Storage services for tests: whom they
// admit, and how they refuse. The services are in packages blobtest and queuetest. It must never be
// linked into the handler.
//
// Source: "Authorize with Microsoft Entra ID" and "Status and error codes" of the Azure Storage
// REST API. Read door.go.
package storagetest
