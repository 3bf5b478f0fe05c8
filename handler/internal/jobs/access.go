package jobs

import (
	"strings"

	"influxion/handler/internal/signing"
)

// readRole is the app role whose holders in the home tenant see every job.
const readRole = "jobs.read.*"

// IsCreator tells whether the principal has asked for the job: the same person or application of
// the same tenant, by whichever client.
func (j *Job) IsCreator(principal signing.Principal) bool {
	return principal.TenantID != "" && principal.ObjectID != "" &&
		strings.EqualFold(j.Principal.TenantID, principal.TenantID) &&
		strings.EqualFold(j.Principal.ObjectID, principal.ObjectID)
}

// MayReadAll tells whether the principal may see every job. Roles of other tenants do not count:
// their administrators grant what they like.
func MayReadAll(principal signing.Principal, homeTenant string) bool {
	if homeTenant == "" || !strings.EqualFold(principal.TenantID, homeTenant) {
		return false
	}
	for _, role := range principal.Roles {
		if strings.EqualFold(role, readRole) {
			return true
		}
	}
	return false
}

// inboxPrefix begins the names of all blobs of the inbox that the principal may name.
func inboxPrefix(principal signing.Principal) string {
	return strings.ToLower(principal.TenantID + "/" + principal.ObjectID + "/")
}

// InInbox tells whether the principal may name the blob: no part of the name is empty or leads
// elsewhere.
func InInbox(principal signing.Principal, name string) bool {
	rest, ok := strings.CutPrefix(name, inboxPrefix(principal))
	if !ok || principal.TenantID == "" || principal.ObjectID == "" || len(name) > 1024 {
		return false
	}
	for part := range strings.SplitSeq(rest, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '\\' || r == '?' || r == '#' || r == '%' || r == 0xfffd
	})
}
