package page

// Bounds of one page. An input beyond one of them is refused with an error that names the bound.
const (
	MaxTemplateBytes = 1 << 20 // of html_template and of css_template, each
	MaxDataBytes     = 4 << 20 // of data, as JSON
	MaxPageBytes     = 8 << 20 // of the output of a template
	maxDataDepth     = 64      // nesting of arrays and objects in the data
	maxDataValues    = 200_000 // in the data
	maxActions       = 20_000  // number of {{ in the templates of a page
	maxWeight        = 32 << 20
	maxDepth         = 64         // nesting of actions, including calls of templates
	maxSteps         = 500_000    // turns of loops and calls of functions
	maxWork          = 512 << 20  // bytes that functions read or write
	maxText          = 256 << 10  // bytes of one function's result
	maxTableCells    = 100_000    // in one table
	maxQRBytes       = 1200       // of the text of a QR code
	maxPictureBytes  = 4 << 20    // of a picture in the data, decoded
	maxPicturePixels = 40_000_000 // of a picture in the data
	// a quarter of the bits that the numerator or the denominator of a fraction may have
	maxNumberBits = 1024
	maxNumberText = 64 // characters of a number that is given as text
)
