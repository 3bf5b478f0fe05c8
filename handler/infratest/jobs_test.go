package infratest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// The storage of jobs has the containers and queues that the handler and function.json name, and
// only the app's identity writes records and results.
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

// Stored jobs are deleted in the end, even if the handler does not delete them.
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

// The Functions host listens to the queue with the app's identity, through the connection in
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

// The script makes the storage of jobs as jobs.bicep does, configures the app to use it, and
// publishes the functions that run jobs.
func TestSetupMakesTheStorageOfJobs(t *testing.T) {
	t.Parallel()
	n := newTenant(t)
	env := map[string]string{"JOBS_STORAGE": "stjobs", "JOBS_RETENTION": "50h", "RENDERER_URL": "https://r.example"}
	got := n.succeeds(n.run(env, "setup.sh"))
	account := resources + "Microsoft.Storage/storageAccounts/stjobs"
	granted := map[string][]string{
		blobDataContributor: {account + "/blobServices/default/containers/records",
			account + "/blobServices/default/containers/results"},
		blobDataReader: {account + "/blobServices/default/containers/inbox",
			account + "/blobServices/default/containers/templates"},
		queueContributor: {account + "/queueServices/default/queues/jobs",
			account + "/queueServices/default/queues/jobs-poison"},
	}
	for role, want := range granted {
		if scopes := got.options("role assignment create --role "+role, "--scope"); !slices.Equal(scopes, want) {
			t.Errorf("got the role %s on %v, want it on %v", role, scopes, want)
		}
	}
	if containers := got.options("container-rm create --storage-account stjobs", "--name"); !slices.Equal(containers,
		[]string{"records", "results", "inbox", "templates"}) {
		t.Errorf("got the containers %v", containers)
	}
	if queues := got.options("rest --method PUT", "--url"); len(queues) != 2 ||
		!strings.HasPrefix(queues[0], account+"/queueServices/default/queues/jobs?api-version=") {
		t.Errorf("got the queues %v", queues)
	}
	var policy struct {
		Rules []struct {
			Definition struct {
				Filters struct{ PrefixMatch []string }
				Actions struct {
					BaseBlob struct {
						Delete struct{ DaysAfterModificationGreaterThan int }
					}
				}
			}
		}
	}
	policies := got.options("management-policy create --account-name stjobs", "--policy")
	if len(policies) != 1 || json.Unmarshal([]byte(policies[0]), &policy) != nil || len(policy.Rules) != 2 {
		t.Fatalf("got the rules %v, want two", policies)
	}
	for i, want := range []int{3, 2} { // 50 hours are three days
		if days := policy.Rules[i].Definition.Actions.BaseBlob.Delete.DaysAfterModificationGreaterThan; days != want {
			t.Errorf("got rule %d after %d days, want %d", i, days, want)
		}
	}
	settings := got.calls[got.index("appsettings set")]
	for _, want := range []string{
		"INFLUXION_JOBS_STORAGE_URL=https://stjobs.blob.core.windows.net", "INFLUXION_JOBS_RETENTION=50h",
		"INFLUXION_TEMPLATES_CONTAINER=https://stjobs.blob.core.windows.net/templates",
		"Jobs__queueServiceUri=https://stjobs.queue.core.windows.net", "Jobs__credential=managedidentity",
	} {
		if !slices.Contains(settings, want) {
			t.Errorf("got no setting %s in %v", want, settings)
		}
	}
	if dry := n.succeeds(n.run(env, "setup.sh", "--dry-run", "publish")); !strings.Contains(dry.out, "stage --jobs") {
		t.Errorf("got %q published, want what runs jobs", dry.out)
	}
	again := n.succeeds(n.run(env, "setup.sh", "jobs"))
	if again.index("account create") >= 0 || again.index("assignment create") >= 0 {
		t.Errorf("got %v a second time", again.changes())
	}
	if none := n.succeeds(newTenant(t).run(nil, "setup.sh", "jobs")); len(none.calls) != 0 {
		t.Errorf("got %v, want nothing where no account is named", none.calls)
	}
}
