package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"influxion/handler/internal/guid"
	"influxion/handler/internal/server/rate"
	"influxion/handler/internal/signing"
)

// policy says which certificates callers may use.
func (c *config) policy() signing.Policy {
	return signing.Policy{
		Certificates: c.Access.SigningCertificates, ByRole: c.Access.CertificateRoles,
		HomeTenant: c.Azure.TenantID, TenantRoles: c.Access.Tenants,
	}
}

// limiter limits the requests of each caller; nil = callers are not limited.
func (c *config) limiter() *rate.Limiter {
	if c.Access.Rate == (rate.Limits{}) {
		return nil
	}
	return rate.New(c.Access.Rate, time.Now)
}

// readAccess reads who may use what, and how much of it.
func (c *config) readAccess(found *settingErrors) {
	var err error
	if c.Access.Tenants, err = c.readTenantRoles(); err != nil {
		found.add(prefix+"TENANT_ROLES", err.Error(), "list <tenant ID>/sign.<certificate> or "+
			"<tenant ID>/hash.<certificate>, separated by commas, with tenants of "+prefix+"AZURE_ALLOWED_TENANTS")
	}
	if c.Access.Rate, err = readRate(c.Access.CallerRate, c.Documents.MaxDocumentBytes); err != nil {
		found.add(prefix+"CALLER_RATE", err.Error(),
			"write the requests and the bytes of one minute, such as 60,209715200; "+
				"0 means no limit")
	}
}

// readTenantRoles reads what callers of other tenants may use. An entry that can have no effect is
// an error, because whoever wrote it expects one.
func (c *config) readTenantRoles() ([]signing.TenantRole, error) {
	var roles []signing.TenantRole
	for _, text := range c.Access.TenantRoles {
		granted, err := signing.ParseTenantRole(text)
		switch {
		case err != nil:
			return nil, errors.New("holds an entry that is not a role of a tenant: " + err.Error())
		case !guid.Valid(granted.TenantID):
			return nil, errors.New("holds a tenant whose ID is not a GUID")
		case strings.EqualFold(granted.TenantID, c.Azure.TenantID):
			return nil, errors.New("names the home tenant, whose roles are those of its tokens")
		case !slices.ContainsFunc(c.Access.AllowedTenants, func(allowed string) bool {
			return strings.EqualFold(allowed, granted.TenantID)
		}):
			return nil, errors.New("names a tenant whose callers are not allowed")
		case granted.Role.Signs() && !c.Access.CertificateRoles:
			return nil, errors.New("has no effect without " + prefix + "CERTIFICATE_ROLES=true")
		case !granted.Role.Signs() && !c.Access.HashSigning:
			return nil, errors.New("has no effect without " + prefix + "HASH_SIGNING=true")
		case !c.inUse(granted):
			return nil, errors.New("names a certificate that is not one of " + prefix + "SIGNING_CERTIFICATES")
		}
		roles = append(roles, granted)
	}
	return roles, nil
}

// inUse reports whether callers may use the certificate of a role at all.
func (c *config) inUse(granted signing.TenantRole) bool {
	policy := signing.Policy{ByRole: true, TenantRoles: []signing.TenantRole{granted}}
	caller := signing.Principal{TenantID: granted.TenantID}
	return len(c.Access.SigningCertificates) == 0 || slices.ContainsFunc(c.Access.SigningCertificates,
		func(name string) bool { return policy.MaySign(caller, name) || policy.MayHash(caller, name) })
}

// readRate reads two numbers: the requests and the bytes that each caller has in a minute. It
// refuses a number of bytes below that of the largest document, which nobody could then send.
func readRate(text string, maxDocument int64) (rate.Limits, error) {
	if text == "" {
		return rate.Limits{}, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) != 2 {
		return rate.Limits{}, errors.New("is not two numbers")
	}
	var numbers [2]int64
	for i, part := range parts {
		number, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		if err != nil || number < 0 {
			return rate.Limits{}, errors.New("is not two numbers")
		}
		numbers[i] = number
	}
	limits := rate.Limits{Requests: numbers[0], Bytes: numbers[1]}
	switch {
	case limits == rate.Limits{}:
		return limits, errors.New("limits nothing")
	case limits.Bytes > 0 && limits.Bytes < 2*maxDocument:
		// In base64 and with its options, a document takes up to twice its size.
		return limits, errors.New("has fewer bytes than twice " + prefix + "MAX_DOCUMENT_BYTES")
	}
	return limits, nil
}
