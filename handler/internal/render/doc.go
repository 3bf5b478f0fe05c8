// Package render makes documents: a template and data become HTML, a renderer prints it, and the
// print becomes PDF/A. The renderer is Chromium behind Gotenberg's HTTP API, which many already
// run; this package alone knows that API.
//
// It never lets a page refer to anything but the files of its request, and never releases a
// document that is not what was asked for. What the renderer sends is as hostile as what a caller
// sends: it has shown a page that a caller wrote.
//
// Read first: renderer.go (from request to document), client.go (the API), and the packages page,
// reference and archive below for the three steps.
package render
