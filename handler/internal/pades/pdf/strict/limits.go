package strict

// The most that this package accepts between the parts of an incremental update. 619 updates of 327
// public files have at most 10 bytes of white space, and comments of at most 45 bytes.
const (
	MaxSpace   = 32
	maxComment = 127
	MaxLineEnd = 2
)
