// Package storagetest is what the small services of Azure Storage for tests share: whom they let
// in, and how they refuse. Packages blobtest and queuetest are the services. It must never be
// linked into the handler.
//
// Source: "Authorize with Microsoft Entra ID" and "Status and error codes" of the Azure Storage
// REST API. Read door.go.
package storagetest
