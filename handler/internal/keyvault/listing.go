package keyvault

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"influxion/handler/internal/keyvault/material"
)

// Bounds of a listing. A vault with more certificates than the cache can contain would be fetched
// anew for each listing.
const (
	maxPages = 100
	maxNames = maxCertificates
)

// listed is one entry of a listing.
type listed struct {
	id         *string
	attributes attributes
}

// fetchNames lists the possible signing certificates. Whether each is fit shows when it is fetched.
func (s *Source) fetchNames(ctx context.Context, _ struct{}) (answer[[]string], *refusal) {
	if s.keys.URL != "" && len(s.keys.Files) > 0 {
		return answer[[]string]{value: slices.Sorted(maps.Keys(s.keys.Files))}, nil
	}
	collection, list := "secrets", s.listSecrets
	if s.inVault() {
		collection, list = "certificates", s.listCertificates
	}
	var names []string
	refused := list(ctx, func(entry listed) bool {
		if _, err := attributeBounds(entry.attributes, s.now()); err != nil {
			return true
		}
		if name, _, err := splitID(collection, entry.id); err == nil {
			names = append(names, name)
		}
		return len(names) <= maxNames
	})
	if refused == nil && len(names) > maxNames {
		refused = tooMany(collection)
	}
	if refused != nil {
		return answer[[]string]{}, refused
	}
	slices.Sort(names)
	return answer[[]string]{value: slices.Compact(names)}, nil
}

func tooMany(collection string) *refusal {
	return unavailable(fmt.Errorf("list %s: more than %d pages or %d certificates: "+
		"name the certificates in INFLUXION_SIGNING_CERTIFICATES", collection, maxPages, maxNames))
}

// listSecrets passes the secrets that could back a signing certificate to take, until take returns
// false.
func (s *Source) listSecrets(ctx context.Context, take func(listed) bool) *refusal {
	pager := s.clients.secrets.NewListSecretPropertiesPager(nil)
	return pages(ctx, pager, listSecrets, func(page azsecrets.ListSecretPropertiesResponse) bool {
		return takeSecrets(page.Value, take)
	})
}

func (s *Source) listCertificates(ctx context.Context, take func(listed) bool) *refusal {
	pager := s.clients.certificates.NewListCertificatePropertiesPager(nil)
	return pages(ctx, pager, listCertificates, func(page azcertificates.ListCertificatePropertiesResponse) bool {
		return takeCertificates(page.Value, take)
	})
}

func takeSecrets(entries []*azsecrets.SecretProperties, take func(listed) bool) bool {
	for _, p := range entries {
		if p == nil || p.Managed == nil || !*p.Managed || p.ContentType == nil || !material.Known(*p.ContentType) {
			continue
		}
		if !take(listed{(*string)(p.ID), secretAttributes(p.Attributes)}) {
			return false
		}
	}
	return true
}

func takeCertificates(entries []*azcertificates.CertificateProperties, take func(listed) bool) bool {
	for _, p := range entries {
		if p != nil && !take(listed{(*string)(p.ID), certificateAttributes(p.Attributes)}) {
			return false
		}
	}
	return true
}

// pages passes the pages of a listing to take, until take returns false.
func pages[T any](ctx context.Context, pager *runtime.Pager[T], op operation, take func(T) bool) *refusal {
	for page := 0; pager.More(); page++ {
		if page == maxPages {
			return tooMany(strings.TrimPrefix(op.name, "list "))
		}
		got, err := guarded(func() (T, error) { return pager.NextPage(ctx) })
		if err != nil {
			return refusalOf(op, err)
		}
		if !take(got) {
			return nil
		}
	}
	return nil
}

// versions lists the enabled versions of a certificate, newest first.
func (s *Source) versions(ctx context.Context, name string) ([]string, *refusal) {
	type version struct {
		id      string
		created time.Time
	}
	var all []version
	collection := "secrets"
	take := func(entry listed) bool {
		_, id, err := versionedID(collection, entry.id)
		if a := entry.attributes; err == nil && a.enabled != nil && *a.enabled && a.created != nil {
			all = append(all, version{id, *a.created})
		}
		return true
	}
	var refused *refusal
	if s.inVault() {
		collection = "certificates"
		refused = pages(ctx, s.clients.certificates.NewListCertificatePropertiesVersionsPager(name, nil),
			listCertificates,
			func(page azcertificates.ListCertificatePropertiesVersionsResponse) bool {
				return takeCertificates(page.Value, take)
			})
	} else {
		refused = pages(ctx, s.clients.secrets.NewListSecretPropertiesVersionsPager(name, nil), listSecrets,
			func(page azsecrets.ListSecretPropertiesVersionsResponse) bool { return takeSecrets(page.Value, take) })
	}
	slices.SortFunc(all,
		func(a, b version) int { return cmp.Or(b.created.Compare(a.created), cmp.Compare(a.id, b.id)) })
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].id
	}
	return ids, refused
}
