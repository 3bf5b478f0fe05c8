package infratest

import (
	"encoding/json"
	"fmt"
	"testing"
)

// The script keeps what an administrator added to a registration or changed in it, in each list
// that the script sends, however often the script runs.
func TestSetupKeepsWhatAnAdministratorDid(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	n.succeeds(n.run(nil, "setup.sh", "registrations"))
	n.succeeds(n.run(nil, "setup.sh", "app", "settings"))
	g := graph{n.folder + "/state"}
	edited := map[string]object{}
	for id, lists := range map[string][][]string{
		"id-of-Influxion_API": {{"identifierUris"}, {"api", "oauth2PermissionScopes"}, {"appRoles"},
			{"api", "preAuthorizedApplications"}, {"api", "knownClientApplications"},
			{"api", "preAuthorizedApplications", "0", "delegatedPermissionIds"}},
		"id-of-Influxion_Client": {{"publicClient", "redirectUris"}, {"requiredResourceAccess"},
			{"requiredResourceAccess", "0", "resourceAccess"}},
		"id-of-Influxion_Page": {{"spa", "redirectUris"}, {"requiredResourceAccess"},
			{"requiredResourceAccess", "0", "resourceAccess"}},
	} {
		registration, err := g.registration(id)
		if err != nil {
			t.Fatal(err)
		}
		for i, path := range lists {
			extend(registration, fmt.Sprintf("by-hand-%d", i), path...)
		}
		change(registration, "api", "oauth2PermissionScopes", "type", "Admin")
		edited[id] = registration
		if err := g.write(id, registration); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		n.succeeds(n.run(map[string]string{"CERTIFICATE_ROLES": "sign.seal"}, "setup.sh", "registrations", "settings"))
	}
	for id, want := range edited {
		got, err := g.registration(id)
		if err != nil {
			t.Fatal(err)
		}
		if lost := missing("", want, got); len(lost) != 0 {
			t.Errorf("%s: got %v lost", id, lost)
		}
		if text, _ := json.Marshal(got); id == "id-of-Influxion_API" && len(list(got, "appRoles")) != 4 {
			t.Errorf("got %s, want each role once and sign.seal", text)
		}
	}
}

// extend adds an element like the existing ones to the list.
func extend(in object, id string, path ...string) {
	var at any = in
	for _, name := range path[:len(path)-1] {
		switch here := at.(type) {
		case object:
			at = here[name]
		case []any:
			at = here[len(here)-1]
		}
	}
	holder, name := at.(object), path[len(path)-1]
	all, _ := holder[name].([]any)
	switch name {
	case "oauth2PermissionScopes", "appRoles":
		all = append(all, object{"id": id, "value": "other." + id, "isEnabled": true})
	case "preAuthorizedApplications":
		all = append([]any{object{"appId": id, "delegatedPermissionIds": []any{id}}}, all...)
	case "requiredResourceAccess":
		all = append([]any{object{"resourceAppId": id, "resourceAccess": []any{}}}, all...)
	case "resourceAccess":
		all = append(all, object{"id": id, "type": "Scope"})
	default:
		all = append(all, id)
	}
	holder[name] = all
}

// change sets a member of the first element of a list, if there is one.
func change(in object, holder, name, member string, value any) {
	if all := list(in, holder, name); len(all) > 0 {
		all[0].(object)[member] = value
	}
}

// missing names what want has and got lacks; the order of a list does not matter.
func missing(path string, want, got any) (lost []string) {
	switch want := want.(type) {
	case object:
		have, _ := got.(object)
		for name, value := range want {
			lost = append(lost, missing(path+"/"+name, value, have[name])...)
		}
	case []any:
		for _, element := range want {
			found := false
			for _, other := range elements(got) {
				found = found || len(missing("", element, other)) == 0
			}
			if !found {
				lost = append(lost, fmt.Sprintf("%s: %v", path, element))
			}
		}
	default:
		if want != got {
			lost = append(lost, fmt.Sprintf("%s: %v, got %v", path, want, got))
		}
	}
	return lost
}
