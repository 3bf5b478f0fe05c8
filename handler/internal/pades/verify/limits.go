package verify

// Bounds of what is verified. Where one is met, the report says so; none of them is a verdict.
const (
	// maxSignatures bounds the signatures of one document, including its document timestamps.
	maxSignatures = 200
	maxTimestamps = 16 // signature timestamps of one signature

	// maxEmbedded bounds the bytes of the certificates that all signatures and timestamps embed:
	// crypto/x509 can take forty times as much memory for a certificate.
	maxEmbedded = 8 << 20

	// maxTails bounds the bytes that are read behind /Contents for all signatures, as a multiple of
	// the document's size. Honest documents stay below one, because their revisions do not overlap.
	maxTails = 2
)

// Bounds of the comparison with later revisions.
const (
	maxRevisions = 1000      // behind the first signature
	maxLockWork  = 2_000_000 // comparisons of a touched field with a lock of an earlier signature
	maxPrefixes  = 16        // ends of signatures that are tried in a document that cannot be read
	maxFormer    = 16        // revisions that are opened to look for signature dictionaries in them
)

// Bounds of the search for things that look like signatures but that no reader finds.
const (
	maxSightings     = 5000     // of each name
	maxUnjudged      = 100      // that the report lists
	maxSearchedBytes = 32 << 20 // of object streams, decoded
)
