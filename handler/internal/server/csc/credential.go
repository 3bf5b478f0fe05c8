package csc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"influxion/handler/internal/signing"
)

// credential describes a credential: credentials/info in version 1.0.4, section 11.5, and the
// members that version 2 names differently.
type credential struct {
	ID          string           `json:"credentialID,omitempty"` // in a list
	Description string           `json:"description"`
	Key         keyInformation   `json:"key"`
	Cert        certInformation  `json:"cert"`
	AuthMode    string           `json:"authMode,omitempty"` // version 1
	Auth        *authInformation `json:"auth,omitempty"`     // version 2
	SCAL        string           `json:"SCAL"`
	Multisign   int              `json:"multisign"`
	Lang        string           `json:"lang"`
}

type keyInformation struct {
	Status string   `json:"status"`
	Algo   []string `json:"algo"`
	Len    int      `json:"len"`
	Curve  string   `json:"curve,omitempty"`
}

type certInformation struct {
	Status       string   `json:"status,omitempty"`
	Certificates []string `json:"certificates,omitempty"` // base64 of DER, leaf first
	IssuerDN     string   `json:"issuerDN,omitempty"`     // RFC 4514
	SerialNumber string   `json:"serialNumber,omitempty"` // hex
	SubjectDN    string   `json:"subjectDN,omitempty"`
	ValidFrom    string   `json:"validFrom,omitempty"` // GeneralizedTime
	ValidTo      string   `json:"validTo,omitempty"`
}

type authInformation struct {
	Mode string `json:"mode"`
}

// chosen selects which parts of a credential an answer has.
type chosen struct {
	certificates string // none, single or chain
	certInfo     bool
}

func (b body) chosen() (c chosen, err error) {
	if c.certificates, err = b.text("certificates"); err != nil {
		return c, err
	}
	switch c.certificates {
	case "":
		c.certificates = "single"
	case "none", "single", "chain":
	default:
		return c, invalid("parameter certificates is not none, single or chain", nil)
	}
	if c.certInfo, err = b.flag("certInfo"); err != nil {
		return c, err
	}
	_, err = b.flag("authInfo") // the answer has no further members
	return c, err
}

// describe returns the selected parts of a certificate's description.
func (c chosen) describe(certificate *signing.Certificate) credential {
	leaf := certificate.Leaf()
	described := credential{
		Description: leaf.Subject.CommonName,
		Key:         describeKey(leaf.PublicKey),
		// Only the token is required, and an SAD is bound to hashes.
		AuthMode: "implicit", Auth: &authInformation{"implicit"}, SCAL: "2",
		Multisign: signing.MaxHashes, Lang: "en",
	}
	described.Cert.Status = "valid" // a certificate that is not valid is not found
	chain := certificate.Chain
	switch c.certificates {
	case "none":
		chain = nil
	case "single":
		chain = chain[:1]
	}
	for _, link := range chain {
		described.Cert.Certificates = append(described.Cert.Certificates, base64.StdEncoding.EncodeToString(link.Raw))
	}
	if c.certInfo {
		described.Cert.IssuerDN, described.Cert.SubjectDN = leaf.Issuer.String(), leaf.Subject.String()
		described.Cert.SerialNumber = fmt.Sprintf("%x", leaf.SerialNumber)
		described.Cert.ValidFrom, described.Cert.ValidTo = generalized(leaf.NotBefore), generalized(leaf.NotAfter)
	}
	return described
}

func generalized(t time.Time) string { return t.UTC().Format("20060102150405Z") }

func describeKey(public any) keyInformation {
	described := keyInformation{Status: "enabled", Algo: names(signing.HashSchemes(public))}
	switch key := public.(type) {
	case *rsa.PublicKey:
		described.Len = key.N.BitLen()
	case *ecdsa.PublicKey:
		described.Len = key.Params().BitSize
		described.Curve = map[elliptic.Curve]string{ // RFC 5480, section 2.1.1.1
			elliptic.P256(): "1.2.840.10045.3.1.7", elliptic.P384(): "1.3.132.0.34", elliptic.P521(): "1.3.132.0.35",
		}[key.Curve]
	}
	if described.Algo == nil {
		described.Status, described.Algo = "disabled", []string{}
	}
	return described
}

// CredentialInfo answers credentials/info: it describes one credential.
func (s *Service) CredentialInfo(ctx context.Context, c Call) (any, error) {
	b, name, err := s.openNamed(c)
	if err != nil {
		return nil, err
	}
	chosen, err := b.chosen()
	if err != nil {
		return nil, err
	}
	found, err := s.find(ctx, c, name)
	if err != nil {
		return nil, err
	}
	return chosen.describe(found), nil
}

// list is the answer of credentials/list.
type list struct {
	IDs           []string     `json:"credentialIDs"`
	Infos         []credential `json:"credentialInfos,omitempty"`
	NextPageToken string       `json:"nextPageToken,omitempty"`
}

// CredentialsList answers credentials/list: the credentials that the caller may use.
func (s *Service) CredentialsList(ctx context.Context, c Call) (any, error) {
	b, err := s.open(c)
	if err != nil {
		return nil, err
	}
	chosen, err := b.chosen()
	if err != nil {
		return nil, err
	}
	described, err := b.flag("credentialInfo")
	if err != nil {
		return nil, err
	}
	most, after, err := b.page()
	if err != nil {
		return nil, err
	}
	found, err := s.Hashes.List(ctx, c.Principal)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *signing.Certificate) int { return strings.Compare(a.Name, b.Name) })
	answer := list{IDs: []string{}}
	for _, certificate := range found {
		if certificate.Name <= after {
			continue
		}
		if len(answer.IDs) == most {
			answer.NextPageToken = answer.IDs[most-1]
			break
		}
		answer.IDs = append(answer.IDs, certificate.Name)
		if described {
			one := chosen.describe(certificate)
			one.ID = certificate.Name
			answer.Infos = append(answer.Infos, one)
		}
	}
	return answer, nil
}

// maxPage bounds a page of credentials/list.
const maxPage = 100

// page returns how many credentials to list at most, and the name after which the page begins.
func (b body) page() (most int, after string, err error) {
	most, present, err := b.number("maxResults")
	if err != nil {
		return 0, "", err
	}
	if !present {
		most = maxPage
	}
	if most < 1 {
		return 0, "", invalid("parameter maxResults is not a number from 1", nil)
	}
	after, err = b.text("pageToken")
	if err == nil && after != "" && !signing.ValidCertificateName(after) {
		err = invalid("Invalid parameter pageToken", nil)
	}
	return min(most, maxPage), after, err
}
