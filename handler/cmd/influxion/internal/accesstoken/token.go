package accesstoken

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

const maxToken = 64 << 10

// Token is what Influxion would check in an access token of Entra ID, in version 1.0 or 2.0.
type Token struct {
	Issuer        string    `json:"iss"`
	Audience      string    `json:"aud"`
	Version       string    `json:"ver"`
	TenantID      string    `json:"tid"`
	ObjectID      string    `json:"oid"`
	Subject       string    `json:"sub"`
	ClientID      string    `json:"client"`                // azp or appid
	ClientAuth    string    `json:"client_auth,omitempty"` // azpacr or appidacr: 0 public client, 1 secret, 2 certificate
	Delegated     bool      `json:"delegated"`             // there is an scp: a person has signed in
	Scopes        []string  `json:"scopes,omitempty"`
	Roles         []string  `json:"roles,omitempty"`
	IssuedAt      time.Time `json:"iat,omitzero"`
	NotBefore     time.Time `json:"nbf,omitzero"`
	Expires       time.Time `json:"exp,omitzero"`
	Algorithm     string    `json:"alg"`
	KeyID         string    `json:"kid"`
	ForGraph      bool      `json:"-"` // a nonce in the header: only Microsoft Graph can verify it
	IsIDToken     bool      `json:"-"` // claims that only ID tokens have
	ProofRequired bool      `json:"-"` // cnf: bound to a key
}

var errUnreadable = errors.New("the access token cannot be read: it is not a JWT")

// tokenHeader is the part of a token's header that is shown.
type tokenHeader struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Nonce     any    `json:"nonce"`
}

// tokenClaims are the claims of a token of either version.
type tokenClaims struct {
	Issuer    string   `json:"iss"`
	Audience  audience `json:"aud"`
	Version   string   `json:"ver"`
	TenantID  string   `json:"tid"`
	ObjectID  string   `json:"oid"`
	Subject   string   `json:"sub"`
	AZP       string   `json:"azp"`
	AppID     string   `json:"appid"`
	AZPACR    string   `json:"azpacr"`
	AppIDACR  string   `json:"appidacr"`
	Scope     *string  `json:"scp"`
	Roles     []string `json:"roles"`
	IssuedAt  float64  `json:"iat"`
	NotBefore float64  `json:"nbf"`
	Expires   float64  `json:"exp"`
	Nonce     any      `json:"nonce"`
	Bound     any      `json:"cnf"`
}

// Parse reads a token. Its errors quote no part of it.
func Parse(text string) (*Token, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(text) > maxToken {
		return nil, errUnreadable
	}
	var header tokenHeader
	var claims tokenClaims
	if decode(parts[0], &header) != nil || decode(parts[1], &claims) != nil {
		return nil, errUnreadable
	}
	t := &Token{
		Issuer: claims.Issuer, Audience: string(claims.Audience), Version: claims.Version, TenantID: claims.TenantID,
		ObjectID: claims.ObjectID,
		Subject:  claims.Subject, ClientID: claims.AZP, ClientAuth: claims.AZPACR, Roles: claims.Roles,
		Delegated: claims.Scope != nil,
		IssuedAt:  instant(claims.IssuedAt), NotBefore: instant(claims.NotBefore), Expires: instant(claims.Expires),
		Algorithm: header.Algorithm, KeyID: header.KeyID,
		ForGraph: header.Nonce != nil, IsIDToken: claims.Nonce != nil, ProofRequired: claims.Bound != nil,
	}
	if claims.Version == "1.0" {
		t.ClientID, t.ClientAuth = claims.AppID, claims.AppIDACR
	}
	if claims.Scope != nil {
		t.Scopes = strings.Fields(*claims.Scope)
	}
	return t, nil
}

// audience is one string. A list is shown as one string, since Influxion accepts no list.
type audience string

// UnmarshalJSON is json.Unmarshaler.
func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if err := json.Unmarshal(text, &one); err == nil {
		*a = audience(one)
		return nil
	}
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*a = audience(strings.Join(list, " "))
	return nil
}

func decode(segment string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// latest is the end of the year 9999, the latest time that can be shown.
const latest = 253402300799

func instant(seconds float64) time.Time {
	if seconds <= 0 || seconds > latest {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}
