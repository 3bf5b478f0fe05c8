package infratest

import (
	"slices"
	"strings"
	"testing"
)

// The storage of jobs has what the handler and function.json name, and only the app's identity
// writes records and results.
func TestStorageOfJobs(t *testing.T) {
	t.Parallel()
	read := templates(t)
	jobs := read["jobs.bicep"]
	for kind, want := range map[string][]string{
		"Microsoft.Storage/storageAccounts/blobServices/containers": {"inbox", "records", "results", "templates"},
		"Microsoft.Storage/storageAccounts/queueServices/queues":    {"jobs", "jobs-poison"},
	} {
		var got []string
		for _, d := range ofType(jobs, kind) {
			got = append(got, d.Body.at("name").literal())
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("got the %s %q, want %q", kind, got, want)
		}
	}
	scopes := map[string]string{}
	for _, d := range ofType(jobs, "Microsoft.Authorization/roleAssignments") {
		_, role, _ := strings.Cut(d.Body.at("properties", "roleDefinitionId").Text, ", ")
		scopes[d.Body.at("scope").Text] = strings.TrimSuffix(role, ")")
	}
	for scope, want := range map[string]string{"records": "blobDataContributor", "results": "blobDataContributor",
		"inbox": "blobDataReader", "templates": "blobDataReader", "queue": "queueDataContributor",
		"poison": "queueDataContributor"} {
		if scopes[scope] != want {
			t.Errorf("got the role %s on %s, want %s", scopes[scope], scope, want)
		}
	}
	account := named(t, jobs, "resource", "account").Body.at("properties")
	if account.at("allowSharedKeyAccess").Text != "false" || account.at("allowBlobPublicAccess").Text != "false" {
		t.Error("got an account with keys or public blobs")
	}
	if condition := named(t, jobs, "resource", "finished").Condition; condition != "(events)" {
		t.Errorf("got the topic of finished results if %s, want it where it is asked for", condition)
	}
}

// What is kept is deleted in the end, whatever the handler does.
func TestJobsAreDeleted(t *testing.T) {
	t.Parallel()
	read := templates(t)
	rules := named(t, read["jobs.bicep"], "resource", "lifecycle").Body.at("properties", "policy", "rules").Items
	var deleted []string
	for _, rule := range rules {
		definition := rule.at("definition")
		days := definition.at("actions", "baseBlob", "delete", "daysAfterModificationGreaterThan").Text
		for _, prefix := range definition.at("filters", "prefixMatch").Items {
			deleted = append(deleted, prefix.literal()+" "+days)
		}
	}
	want := []string{"records/ retentionDays", "inbox/ retentionDays", "results/ retentionDays", "records/requests/ 2",
		"records/answers/ 2"}
	if !slices.Equal(deleted, want) {
		t.Errorf("got the rules %q, want %q", deleted, want)
	}
	main := read["main.bicep"]
	params := named(t, main, "module", "jobs").Body.at("params")
	if got := params.at("retentionDays").Text; got != "jobRetentionDays" {
		t.Errorf("got rules for %s, want the days of the handler", got)
	}
	settings := named(t, main, "module", "app").Body.at("params", "settings")
	if got := settings.at("INFLUXION_JOBS_RETENTION").Text; got != "'${jobRetentionDays * 24}h'" {
		t.Errorf("got the retention %s", got)
	}
	if got := named(t, main, "param", "jobRetentionDays").Body.Text; got != "7" {
		t.Errorf("got %s days by default, want 7", got)
	}
}

// The Functions host listens to the queue with the app's identity, by the connection of
// function.json.
func TestHostListensToTheQueue(t *testing.T) {
	t.Parallel()
	read := templates(t)
	settings := named(t, read["app.bicep"], "resource", "appSettings").Body.at("properties")
	if settings.at("Jobs__queueServiceUri").Text != "jobsQueueURL" ||
		settings.at("Jobs__credential").literal() != "managedidentity" {
		t.Error("got no connection Jobs by identity")
	}
	if !strings.Contains(texts(t)["azure.yaml"], "./build.sh stage --jobs") {
		t.Error("got a deployment without the functions of jobs")
	}
}
