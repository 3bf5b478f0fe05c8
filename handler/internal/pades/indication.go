package pades

// Indication is the outcome for one signature: ETSI EN 319 102-1, section 5.1.3.
type Indication string

// The indications.
const (
	TotalPassed   Indication = "TOTAL-PASSED"
	Indeterminate Indication = "INDETERMINATE"
	TotalFailed   Indication = "TOTAL-FAILED"
)

// SubIndication is the machine-readable reason of an Indication that is not TotalPassed: ETSI EN
// 319 102-1, table 6.
type SubIndication string

// The sub-indications in use.
const (
	FormatFailure            SubIndication = "FORMAT_FAILURE"
	HashFailure              SubIndication = "HASH_FAILURE"
	SigCryptoFailure         SubIndication = "SIG_CRYPTO_FAILURE"
	SigConstraintsFailure    SubIndication = "SIG_CONSTRAINTS_FAILURE"
	ChainConstraintsFailure  SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	CryptoConstraintsFailure SubIndication = "CRYPTO_CONSTRAINTS_FAILURE"
	NoSigningCertificate     SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoCertificateChain       SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	ChainGeneralFailure      SubIndication = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
	OutOfBoundsNoPOE         SubIndication = "OUT_OF_BOUNDS_NO_POE"
	NotYetValid              SubIndication = "NOT_YET_VALID"
	RevokedNoPOE             SubIndication = "REVOKED_NO_POE"
	RevokedCANoPOE           SubIndication = "REVOKED_CA_NO_POE"
	OutOfBoundsNotRevoked    SubIndication = "OUT_OF_BOUNDS_NOT_REVOKED"
	RevocationOutOfBounds    SubIndication = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
	NoPOE                    SubIndication = "NO_POE"
	TryLater                 SubIndication = "TRY_LATER"
	TimestampOrderFailure    SubIndication = "TIMESTAMP_ORDER_FAILURE"
	Revoked                  SubIndication = "REVOKED"
	Expired                  SubIndication = "EXPIRED"
	CryptoConstraintsNoPOE   SubIndication = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	// LimitReached is not in table 6: a limit of this verifier stopped the check, and the detail
	// names it. It says nothing against the signature.
	LimitReached SubIndication = "LIMIT_REACHED"
)
