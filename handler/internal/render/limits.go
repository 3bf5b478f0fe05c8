package render

import "time"

// Bounds of one document, in addition to those of its template and its data (package page).
const (
	MaxFiles     = 64       // beside the page
	MaxFileBytes = 16 << 20 // of all files and attachments together
	maxPages     = 2000
	fillTime     = 5 * time.Second // for the template; the route's deadline bounds the other steps
	answerStep   = 64 << 10        // initial size of the buffer for an answer of the renderer
	maxRest      = 64 << 10        // bytes of an error answer that are read and discarded
)
