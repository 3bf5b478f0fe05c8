package csc

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"influxion/handler/internal/signing"
)

// Service answers the requests of the API. Safe for concurrent use.
type Service struct {
	Hashes *signing.HashSigner // nil = hash signing is off
	Now    func() time.Time
}

// Call is one request of a verified caller.
type Call struct {
	Version     string // of the API: v1 or v2, in upper or lower case
	Principal   signing.Principal
	AccessToken string // from which the principal was read; "" = the caller is not known
	Body        []byte
	Record      *signing.Record // of the attempt
	Count       func() error    // counts one more hash as if it were a request of the caller
}

// open parses the call's body. It returns an error if hash signing is off or the version is
// unknown.
func (s *Service) open(c Call) (body, error) {
	version := strings.ToLower(c.Version)
	switch {
	case s.Hashes == nil:
		return nil, &signing.Error{Kind: signing.NotFound, Code: "hash_signing_off",
			Detail: "this deployment does not sign hashes"}
	case version != "v1" && version != "v2":
		return nil, &signing.Error{Kind: signing.NotFound, Code: "route_not_found",
			Detail: "the versions of this API are v1 and v2"}
	}
	return readBody(c.Body)
}

// openNamed parses the body of a call about one credential, and gives the credential's name too.
func (s *Service) openNamed(c Call) (b body, name string, err error) {
	if b, err = s.open(c); err == nil {
		name, err = b.needText("credentialID")
	}
	return b, name, err
}

// information is the answer of info. It names no logo and no region, because these depend on the
// deployment.
type information struct {
	Specs       string   `json:"specs"`
	Name        string   `json:"name"`
	Logo        string   `json:"logo"`
	Region      string   `json:"region"`
	Lang        string   `json:"lang"`
	Description string   `json:"description"`
	AuthType    []string `json:"authType"`
	Methods     []string `json:"methods"`
}

// Info answers info: it describes the service, also to unknown callers.
func (s *Service) Info(_ context.Context, c Call) (any, error) {
	if _, err := s.open(c); err != nil {
		return nil, err
	}
	specs := "1.0.4.0"
	if strings.EqualFold(c.Version, "v2") {
		specs = "2.0.0.2"
	}
	methods := []string{"credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash"}
	if s.Hashes.Timestamper != nil {
		methods = append(methods, "signatures/timestamp")
	}
	return information{
		Specs: specs, Name: "Influxion", Region: "ZZ", Lang: "en", // ISO 3166 reserves ZZ for users
		Description: "Signs hashes with certificates of an organisation",
		AuthType:    []string{"external"}, // the token comes from Entra ID, not from a path of this API
		Methods:     methods,
	}, nil
}

// authorization is the answer of credentials/authorize.
type authorization struct {
	SAD       string `json:"SAD"`
	ExpiresIn int    `json:"expiresIn"` // seconds
}

// Authorize answers credentials/authorize: it gives an SAD for hashes to a caller that may have
// them signed.
func (s *Service) Authorize(ctx context.Context, c Call) (any, error) {
	b, name, err := s.openNamed(c)
	if err != nil {
		return nil, err
	}
	agreed, err := b.activation()
	if err != nil {
		return nil, err
	}
	if _, err := s.find(ctx, c, name); err != nil {
		return nil, err
	}
	key, err := authenticationKey(c.AccessToken, c.Principal, name)
	if err != nil {
		return nil, err
	}
	agreed.until = s.Now().Add(sadLife)
	return authorization{agreed.encode(key), int(sadLife.Seconds())}, nil
}

// activation returns the activation for the hashes of the request.
func (b body) activation() (a activation, err error) {
	hashes, err := b.hashes()
	if err != nil {
		return a, err
	}
	if hashes == nil {
		return a, missing("array of strings", "hash")
	}
	if count, present, err := b.number("numSignatures"); err != nil || present && count != len(hashes) {
		return a, cmp.Or(err, invalid("parameter numSignatures is not the number of hashes", nil))
	}
	for _, hash := range hashes {
		a.tags = append(a.tags, tag(hash))
	}
	return a, nil
}

// signatures is the answer of signatures/signHash: base64, in the order of the hashes.
type signatures struct {
	Signatures []string `json:"signatures"`
}

// SignHash answers signatures/signHash. It requires an SAD for the hashes.
func (s *Service) SignHash(ctx context.Context, c Call) (any, error) {
	b, err := s.open(c)
	if err != nil {
		return nil, err
	}
	ask, err := b.hashRequest()
	if signing.ValidCertificateName(ask.Certificate) {
		c.Record.Certificate = ask.Certificate
	}
	if err != nil {
		return nil, err
	}
	if err := s.checkSAD(c, b, ask); err != nil {
		return nil, err
	}
	for range ask.Hashes[1:] {
		if err := c.Count(); err != nil {
			return nil, err
		}
	}
	signed, err := s.Hashes.Sign(ctx, c.Principal, ask, c.Record)
	if err != nil {
		return nil, credentialError(err)
	}
	answer := signatures{make([]string, len(signed))}
	for i, one := range signed {
		answer.Signatures[i] = base64.StdEncoding.EncodeToString(one)
	}
	return answer, nil
}

// hashRequest returns what is to be signed. With an error it returns what it could read.
func (b body) hashRequest() (ask signing.HashRequest, err error) {
	if ask.Certificate, err = b.needText("credentialID"); err != nil {
		return ask, err
	}
	if mode, err := b.text("operationMode"); err != nil || mode != "" && mode != "S" {
		return ask, cmp.Or(err, invalid("parameter operationMode is not S: signatures are made while you wait", nil))
	}
	if ask.Hashes, err = b.hashes(); err != nil {
		return ask, err
	}
	if ask.Hashes == nil {
		return ask, missing("array of strings", "hash")
	}
	ask.Scheme, err = b.scheme()
	return ask, err
}

// checkSAD requires an SAD that this caller got for these hashes.
func (s *Service) checkSAD(c Call, b body, ask signing.HashRequest) error {
	text, err := b.needText("SAD")
	if err != nil {
		return err
	}
	key, err := authenticationKey(c.AccessToken, c.Principal, ask.Certificate)
	if err != nil {
		return err
	}
	agreed, err := openSAD(text, key)
	if err != nil {
		return err
	}
	return agreed.allows(ask.Hashes, s.Now())
}

// timestampAnswer is the answer of signatures/timestamp: a token of RFC 3161 in base64.
type timestampAnswer struct {
	Timestamp string `json:"timestamp"`
}

// Timestamp answers signatures/timestamp: it gets a timestamp token over a hash.
func (s *Service) Timestamp(ctx context.Context, c Call) (any, error) {
	b, err := s.open(c)
	if err != nil {
		return nil, err
	}
	text, err := b.needText("hash")
	if err != nil {
		return nil, err
	}
	hash, err := octets("hash", text)
	if err != nil {
		return nil, err
	}
	digest, err := b.digest()
	if err != nil {
		return nil, err
	}
	if digest == "" {
		return nil, missing("string", "hashAlgo")
	}
	if name, _, err := b.take("nonce"); err != nil || name != "" {
		return nil, cmp.Or(err, invalid("parameter nonce is not supported: the service verifies the token itself, "+
			"against a nonce of its own", nil))
	}
	token, err := s.Hashes.Timestamp(ctx, c.Principal, digest, hash, c.Record)
	if err != nil {
		return nil, err
	}
	return timestampAnswer{base64.StdEncoding.EncodeToString(token)}, nil
}

// find finds the certificate of a credential.
func (s *Service) find(ctx context.Context, c Call, name string) (*signing.Certificate, error) {
	found, err := s.Hashes.Find(ctx, c.Principal, name)
	return found, credentialError(err)
}

// credentialError gives the error for an unknown credential the form of the specification: a wrong
// name in a request is invalid, not absent.
func credentialError(err error) error {
	signingErr, ok := errors.AsType[*signing.Error](err)
	if !ok || signingErr.Kind != signing.NotFound {
		return err
	}
	return &signing.Error{Kind: signing.InvalidRequest, Code: signingErr.Code,
		Detail: "Invalid parameter credentialID: " + signingErr.Detail, Err: err}
}
