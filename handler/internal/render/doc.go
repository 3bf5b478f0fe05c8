// Package render makes documents. It fills a template with data, has a renderer print the HTML
// page, and turns the print into PDF/A. The renderer is Chromium behind Gotenberg's HTTP API, which
// many operators already run. Only this package knows that API.
//
// It must never let a page refer to anything but the files of its request and of the container of
// templates, and never release a document that does not have the requested form. The renderer's
// output is as hostile as a caller's input, because the renderer has shown a page that a caller
// wrote.
//
// Read renderer.go first (from the request to the document), then storedfile.go (the files of the
// container) and client.go (the API), and then the packages page, reference and archive for the
// three steps.
package render
