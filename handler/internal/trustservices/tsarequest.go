package trustservices

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
)

// ask gets a token from one TSA, with a nonce of its own, and verifies it.
func (t *Timestamper) ask(ctx context.Context, i int, limit time.Duration,
	request cms.TimestampRequest) (*cms.Timestamp, *answerError) {
	var err error
	if request.Nonce, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64)); err != nil {
		return nil, &answerError{"could not be asked", true, err}
	}
	body, err := request.Marshal()
	if err != nil {
		return nil, &answerError{"could not be asked", false, err}
	}
	limited, cancel := context.WithTimeout(ctx, limit) // includes fetching the intermediates that a token lacks
	defer cancel()
	client, credentials := t.clientFor(t.config.URLs[i])
	answer, failed := exchange{
		method: http.MethodPost, address: t.config.URLs[i], contentType: "application/timestamp-query", body: body,
		accept: "application/timestamp-reply", limit: maxTimestamp, timeout: limit, credentials: credentials,
	}.do(limited, client)
	if failed != nil {
		return nil, failed
	}
	token, err := request.ParseResponse(answer)
	if err != nil {
		return nil, refusal(err)
	}
	if ahead := token.Time.Sub(t.config.Now()); ahead.Abs() > clockSkew {
		return nil, &answerError{"answered with a time that is not the present", false,
			fmt.Errorf("its time is %v ahead", ahead)}
	}
	if err := t.trusted(limited, token); err != nil {
		missing, ok := errors.AsType[*pades.ServiceError](err)
		return nil, &answerError{"its certificate does not lead to a trust anchor for timestamping",
			ok && missing.Retry, err}
	}
	return token, nil
}

// refusal describes an error in an answer, without the TSA's own words.
func refusal(err error) *answerError {
	cmsErr, ok := errors.AsType[*cms.Error](err)
	if !ok {
		return &answerError{"answered with something that cannot be read", false, err}
	}
	if cmsErr.Kind != cms.Refused {
		return &answerError{cmsErr.Detail, false, nil}
	}
	detail, _, _ := strings.Cut(cmsErr.Detail, ", saying ")
	detail = "refused: " + strings.TrimPrefix(detail, "the TSA refused: ")
	retry := strings.Contains(detail, "timeNotAvailable") || strings.Contains(detail, "systemFailure")
	return &answerError{detail, retry, err}
}

// trusted checks that the TSA's chain ended in an anchor when the token was made, and that its
// certificate is for timestamping.
func (t *Timestamper) trusted(ctx context.Context, token *cms.Timestamp) error {
	signer, err := token.Signer()
	if err != nil {
		return err
	}
	known := slices.DeleteFunc(slices.Clone(token.Certificates),
		func(c *x509.Certificate) bool { return !cheapToVerify(c) })
	for fetched := 0; ; fetched++ {
		err := t.chain(signer, known, token.Time)
		if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); !unknown || t.config.Issuers == nil ||
			fetched == maxMissing {
			return err
		}
		found, missing := t.config.Issuers(ctx, summit(signer, known))
		if missing != nil || len(found) == 0 {
			return errors.Join(err, missing)
		}
		known = append(known, found...)
	}
}

func (t *Timestamper) chain(signer *x509.Certificate, known []*x509.Certificate, at time.Time) error {
	intermediates := x509.NewCertPool()
	for _, certificate := range known {
		intermediates.AddCert(certificate)
	}
	_, err := signer.Verify(x509.VerifyOptions{
		Roots: t.config.Anchors, Intermediates: intermediates, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	return err
}

// summit follows the known issuers from a certificate upwards, and gives the last certificate.
func summit(certificate *x509.Certificate, known []*x509.Certificate) *x509.Certificate {
	for range known {
		above := issuersOf(certificate, known)
		if len(above) == 0 {
			break
		}
		certificate = above[0]
	}
	return certificate
}
