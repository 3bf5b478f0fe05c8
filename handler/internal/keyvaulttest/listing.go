package keyvaulttest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

type listPage struct {
	Value    []any   `json:"value"`
	NextLink *string `json:"nextLink"`
}

// list answers with the current version of each object, page by page. The IDs have no version, and
// there are no values.
func (v *Vault) list(w http.ResponseWriter, r *http.Request, collection string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	names := make([]string, 0, len(v.secrets))
	for name := range v.secrets {
		names = append(names, name)
	}
	slices.Sort(names)
	var items []any
	for _, name := range names {
		found := v.secrets[name]
		if item := v.item(collection, found.name, found.version("")); item != nil {
			items = append(items, withoutVersion(item))
		}
	}
	v.answerPage(w, r, items)
}

// listVersions answers with the versions of one object. Their order has no meaning, as in the real
// vault.
func (v *Vault) listVersions(w http.ResponseWriter, r *http.Request, collection, name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found := v.secrets[strings.ToLower(name)]
	if found == nil {
		problem(w, http.StatusNotFound, "NotFound", fmt.Sprintf("%s was not found in this key vault.", name), "")
		return
	}
	byID := slices.Clone(found.versions)
	slices.SortFunc(byID, func(a, b *Secret) int { return strings.Compare(a.id, b.id) })
	var items []any
	for _, version := range byID {
		if item := v.item(collection, found.name, version); item != nil {
			items = append(items, item)
		}
	}
	v.answerPage(w, r, items)
}

// item returns the entry of a version in a list; nil = the version is not in the collection.
func (v *Vault) item(collection, name string, secret *Secret) any {
	switch {
	case collection == secrets:
		item := v.bundle(name, secret)
		item.Value, item.KID = nil, ""
		return item
	case secret.certificate == nil:
		return nil
	case collection == certificates:
		item := v.certificateBundle(name, secret)
		item.KID, item.SID, item.CER, item.ContentType, item.Policy = "", "", nil, "", nil
		return item
	}
	return keyBundle{KID: v.keyID(name, secret), Attributes: v.keyAttributes(secret), Managed: true}
}

func withoutVersion(item any) any {
	cut := func(id string) string { return id[:strings.LastIndexByte(id, '/')] }
	switch item := item.(type) {
	case bundle:
		item.ID = cut(item.ID)
		return item
	case certificateBundle:
		item.ID = cut(item.ID)
		return item
	case keyBundle:
		item.KID = cut(item.KID)
		return item
	}
	return item
}

// answerPage answers with the requested page.
func (v *Vault) answerPage(w http.ResponseWriter, r *http.Request, items []any) {
	from, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
	from = min(max(from, 0), len(items))
	to := min(from+v.config.PageSize, len(items))
	page := listPage{Value: items[from:to]}
	if page.Value == nil {
		page.Value = []any{}
	}
	if to < len(items) {
		query := url.Values{"api-version": {r.URL.Query().Get("api-version")}, "$skiptoken": {strconv.Itoa(to)}}
		next := v.config.BaseURL + r.URL.Path + "?" + query.Encode()
		page.NextLink = &next
	}
	answerJSON(w, http.StatusOK, page)
}
