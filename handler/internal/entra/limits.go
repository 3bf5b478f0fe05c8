package entra

// Limits of a token. Entra ID writes tokens of about 2 kB, with about 25 claims nested two deep
// at most; a token that lists many groups reaches 8 kB.
const (
	maxToken   = 16 << 10 // bytes, checked before anything else
	maxKeyID   = 256      // bytes
	maxMembers = 80       // of a header or of the claims
	maxDepth   = 8        // of nested objects and arrays, including the outermost
)

// Limits of the authority's answers. Entra ID's documents are below 40 kB.
const (
	maxAnswer       = 512 << 10 // bytes of a discovery document or a key set
	maxAnswerHeader = 64 << 10  // bytes
	maxKeys         = 64        // in a key set
	minModulusBits  = 2048
	maxModulusBits  = 8192
	minExponent     = 65537
)

// maxVerifiedBytes bounds the memory of the verified tokens that an Authenticator remembers: some
// twelve thousand of the usual kind.
const maxVerifiedBytes = 8 << 20
