package sign

import (
	"context"
	"crypto"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
)

// serves returns a *ServiceError if a service that a level needs is not configured.
func serves(s pades.Services, level pades.Level) error {
	switch {
	case level.Rank() >= pades.LevelBT.Rank() && s.Timestamper == nil:
		return &pades.ServiceError{Service: "TSA", Detail: "none is configured"}
	case level.Rank() >= pades.LevelBLT.Rank() && s.Revocation == nil:
		return &pades.ServiceError{Service: "OCSP responder", Detail: "no source of revocation data is configured"}
	}
	return nil
}

// tokenSlack is the number of bytes by which the next token may be longer than the last one: the
// lengths of serial numbers and signatures vary.
const tokenSlack = 256

// tokenSize is the number of bytes to reserve for a token.
func tokenSize(s pades.Services) int {
	if s.Timestamper == nil {
		return 0
	}
	return min(max(s.Timestamper.TokenSize(), 0), cms.MaxSize/2) + tokenSlack
}

// timestamp gets a token over a SHA-256 digest, which every TSA takes.
func timestamp(ctx context.Context, s pades.Services, digest []byte) (*cms.Timestamp, error) {
	if err := serves(s, pades.LevelBT); err != nil {
		return nil, err
	}
	return s.Timestamper.Timestamp(ctx, crypto.SHA256, digest)
}
