package render

import "time"

// Bounds of one document, beside those of its template and its data (package page).
const (
	MaxFiles     = 64       // beside the page
	MaxFileBytes = 16 << 20 // of all files and attachments together
	MaxPages     = 2000
	fillTime     = 5 * time.Second // for the template; the route's deadline bounds the rest
	answerStep   = 64 << 10        // first size of what an answer of the renderer is read into
	maxRest      = 64 << 10        // bytes of an answer that nobody needs
)
