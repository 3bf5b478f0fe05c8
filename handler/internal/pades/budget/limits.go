package budget

import "time"

// Limits of a document by its size: For has the formula.
const (
	smallDocument = 1 << 20
	// The garbage collector lets the heap grow by half, or double its size at first. With this
	// limit the program grows by less than 64 MiB for a small document.
	smallMemory = 24 << 20
	memoryRate  = 3 // bytes for each byte of a document above smallDocument
	maxMemory   = 512 << 20

	smallWork = 70_000_000
	workRate  = 96 // units for each byte above smallDocument
	maxWork   = 4_000_000_000
)

// Bounds of the questions to trust services for one document, because its author chose whom to ask.
const (
	questionsAtOnce = 4
	questionTime    = 20 * time.Second // for all questions, counted from the first

	questionsOfSignature = 8
	maxQuestions         = 800
)
