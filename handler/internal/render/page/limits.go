package page

// Bounds of one page. What is over one of them is refused with the bound named.
const (
	MaxTemplateBytes = 1 << 20 // of html_template and of css_template, each
	MaxDataBytes     = 4 << 20 // of data, as JSON
	MaxPageBytes     = 8 << 20 // of what a template gives
	maxDataDepth     = 64      // arrays and objects of the data within each other
	maxDataValues    = 200_000 // of the data
	maxActions       = 20_000  // {{ in the templates of a page
	maxWeight        = 32 << 20
	maxDepth         = 64         // actions within each other, calls of templates included
	maxSteps         = 500_000    // turns of loops and calls of functions
	maxWork          = 512 << 20  // bytes that functions look at
	maxText          = 256 << 10  // bytes of what one function gives
	maxTableCells    = 100_000    // of one table
	maxQRBytes       = 1200       // of what a QR code holds
	maxPictureBytes  = 4 << 20    // of a picture in the data, decoded
	maxPicturePixels = 40_000_000 // of it
	maxNumberBits    = 1024       // of the parts of a fraction
	maxNumberText    = 64         // characters of a number that comes as text
)
