package pdf

import "influxion/handler/internal/pades/pdf/bounds"

// Limits bound what reading one File may cost.
type Limits = bounds.Limits

// DefaultLimits returns limits that are enough for documents of 2 GB, and that end the reading of
// hostile ones within about a second.
func DefaultLimits() Limits { return bounds.DefaultLimits() }

// maxWindow is how many bytes of the file are searched at a time.
const maxWindow = 64 << 10
