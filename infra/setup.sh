#!/usr/bin/env bash
# Sets Influxion up in Azure with az alone, for those who may not use Bicep. It does what main.bicep does, except alerts, budget, renderer, private
# network, the diagnostic settings of app and storage, the retention of logs beyond 90 days, events of jobs, requests per instance and the way
# that instances are replaced. What is there already stays: run it again after a failure, or to bring settings and package up to date.
set -euo pipefail
shopt -s inherit_errexit || exit 1 # bash 4.4 or later: a question that fails ends the script, also within $(…)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

help() {
	cat <<'TEXT'
infra/setup.sh [--dry-run] [STEP…]      without a step: all of them, in this order

  group vault certificate registrations app audit jobs grant settings publish show

  --dry-run    print the commands of a first run, for an empty subscription; call nothing

From the environment; names of vault, app and storage must be globally unique:
  VAULT APP STORAGE              Key Vault, Function App, storage account (3 to 24 lower-case letters and digits)
  GROUP LOCATION                 default rg-influxion, westeurope
  TAGS                           tags of what is made, as for the templates: {"cost-centre":"4711"}
  INSTANCE_MEMORY MAXIMUM_INSTANCES ALWAYS_READY    of the app that is made: default 2048 (MB), 40 and 0
  ZONE_REDUNDANT=true            instances and storage that are made lie in all zones of the region; with ALWAYS_READY=2
  CERTIFICATE                    name of the signing certificate, default seal
  PFX_FILE PFX_PASSWORD          import this certificate; without PFX_FILE a self-signed one is made, for tests
  CERTIFICATE_SUBJECT            of the self-signed one, default CN=Document Seal
  CALLERS                        object IDs of who may call, separated by spaces; default: whoever runs this
  CLIENT_WITHOUT_USER=true       Influxion Client may also call without a user
  CERTIFICATE_ROLES              app roles to make, separated by spaces, such as "sign.seal sign.* hash.seal"; with any, a caller needs one
  API_CLIENT_ID CLIENT_ID PAGE_CLIENT_ID    use these registrations, where several have the same name
  PAGE_URI                       address of the page for people, where it is behind a name of yours: https://<name>/api/
  KEY_PLACE=vault                the key stays in the vault (VAULT_SKU=premium: in its HSM); a role is made that may only sign
  KEY_PLACE=hsm KEY_URL          the key lies in that Managed HSM
  TSA_URL DEFAULT_LEVEL TRUST_ANCHORS CERTIFICATE_FILES    the settings of that name
  TSA_USER TSA_KEY_HEADER                the settings TSA_USER and TSA_API_KEY_HEADER
  TSA_PASSWORD_SECRET TSA_KEY_SECRET TSA_CERTIFICATE
                                         names of secrets in the vault, which are there: the credentials for the timestamp authority
  OUTBOUND_PROXY OUTBOUND_HOSTS          the settings of that name
  HASH_SIGNING CALLER_RATE TENANT_ROLES  the settings of that name
  JOBS_STORAGE                           make the storage of jobs in that storage account, which is for this alone, and publish what runs jobs
  JOBS_STORAGE_URL JOBS_RETENTION TEMPLATES_CONTAINER RENDERER_URL    the settings of that name
  AUDIT_RETENTION_DAYS AUDIT_STORAGE     make a container for the audit log, whose blobs stay so many days, in that storage account
  AUDIT_SKU                              Standard_LRS, Standard_ZRS or Standard_GZRS for that account
  AUDIT_CONTAINER                        the setting of that name: a container that is there, with the app's right on it (docs/audit.md)
  AZURE_PRINCIPAL_ID AZURE_PRINCIPAL_TYPE    who runs this; default: the signed-in user, User
TEXT
}

group=${GROUP:-rg-influxion} location=${LOCATION:-westeurope} certificate=${CERTIFICATE:-seal}
key_place=${KEY_PLACE:-memory} sku=${VAULT_SKU:-standard}
vault=${VAULT:-} app=${APP:-} storage=${STORAGE:-}
audit=${AUDIT_STORAGE:-} audit_days=${AUDIT_RETENTION_DAYS:-} jobs=${JOBS_STORAGE:-}
zone_redundant=${ZONE_REDUNDANT:-false} audit_sku=${AUDIT_SKU:-Standard_LRS}
workspace=log-$app container=package graph=https://graph.microsoft.com/v1.0
dry_run=false officer_grant='' audit_container=${AUDIT_CONTAINER:-} tags=()

# Built-in roles, by their IDs, which no tenant can rename.
secrets_user=4633458b-17de-408a-b874-0445c86b69e6         # Key Vault Secrets User
certificates_officer=a4417e6f-fecd-4de8-b567-7b0420556985 # Key Vault Certificates Officer
vault_reader=21090545-7ca7-4776-b22c-e363652d74d2         # Key Vault Reader: the public part of a certificate, and no secret
blob_data_owner=b7e6dc6d-f1e8-4753-8033-0f276bb0955b      # Storage Blob Data Owner
blob_data_contributor=ba92f5b4-2d11-453d-a403-e96b0029c9fe # Storage Blob Data Contributor
blob_data_reader=2a2b9908-6ea1-4ae2-8e65-a410df84e7d1      # Storage Blob Data Reader
queue_data_contributor=974c5e8b-45b9-4653-ba55-5f855dd0fb88 # Storage Queue Data Contributor
table_data_contributor=0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3 # Storage Table Data Contributor: the host's diagnostic events
metrics_publisher=3913510d-42f4-4e42-8a64-420c390055eb    # Monitoring Metrics Publisher
default_access=00000000-0000-0000-0000-000000000000       # assigned to an application, to none of its roles

say() { echo "setup: $*" >&2; }
fail() {
	say "$*"
	exit 1
}

# print COMMAND...: the command as one would type it, without the password.
exec 3>&1
print() {
	local word line=
	for word in "$@"; do
		[[ -z ${PFX_PASSWORD:-} || $word != "$PFX_PASSWORD" ]] || word='***'
		[[ $word =~ ^[A-Za-z0-9_./:=@%+,-]+$ ]] || word="'${word//\'/\'\\\'\'}'"
		line+="$word "
	done
	echo "${line% }" >&3
}

# run COMMAND...: what changes something. Its output is discarded: it may hold keys.
run() {
	if $dry_run; then print "$@"; else "$@" >/dev/null; fi
}

# ask PLACEHOLDER COMMAND...: what reads. A dry run asks nobody, and goes on with the placeholder. What is looked for comes from lists:
# where a list is empty the thing is not there, and where the question fails so does the script.
ask() {
	local placeholder=$1
	shift
	if $dry_run; then echo "$placeholder"; else "$@" --output tsv; fi
}

# make PLACEHOLDER COMMAND...: what makes something and prints its ID.
make() {
	local placeholder=$1
	shift
	if $dry_run; then
		print "$@"
		echo "$placeholder"
	else
		"$@" --output tsv
	fi
}

# eventually COMMAND...: a new role or registration takes a while to be known everywhere.
eventually() {
	local tries
	for ((tries = ${SETUP_TRIES:-30}; tries > 1; tries--)); do
		"$@" && return
		say "not yet; trying again"
		sleep "${SETUP_DELAY:-10}"
	done
	"$@"
}

new_id() { if $dry_run; then echo NEW_ID; else cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen; fi; }

# named VALUE PATTERN VARIABLE: names go into queries and paths, so they hold nothing else.
named() { [[ $1 =~ ^$2$ ]] || fail "$3: \"$1\" is not valid; --help says what is needed"; }

# read_tags sets tags, the option of az, from TAGS.
read_tags() {
	local rest pair='^"([^"\\<>%&?/]+)": *"([^"\\]*)" *(, *|$)'
	[[ -n ${TAGS:-} && ! $TAGS =~ ^[[:space:]]*\{[[:space:]]*\}[[:space:]]*$ ]] || return 0
	[[ $TAGS =~ ^[[:space:]]*\{[[:space:]]*(.*[^[:space:]])[[:space:]]*\}[[:space:]]*$ ]] || fail 'TAGS: want JSON, such as {"cost-centre":"4711"}'
	rest=${BASH_REMATCH[1]} tags=(--tags)
	while [[ -n $rest ]]; do
		[[ $rest =~ $pair ]] || fail "TAGS: want a name and a text, each in quotation marks, at: $rest"
		tags+=("${BASH_REMATCH[1]}=${BASH_REMATCH[2]}")
		rest=${rest:${#BASH_REMATCH[0]}}
	done
}

# find PLACEHOLDER KIND... NAME: the ID of the resource of that name in the group, or nothing.
find() { ask "$1" az "${@:2:$#-2}" list --resource-group "$group" --query "[?name=='${*: -1}'].id"; }
principal() { ask PRINCIPAL_ID az functionapp identity show --name "$app" --resource-group "$group" --query principalId; }
myself() { if [[ -n ${AZURE_PRINCIPAL_ID:-} ]]; then echo "$AZURE_PRINCIPAL_ID"; else ask MY_ID az ad signed-in-user show --query id; fi; }

# give ROLE SCOPE PRINCIPAL [TYPE]: grants a role, unless it is granted already; prints the ID of a new grant.
give() {
	local found
	found=$(ask "" az role assignment list --role "$1" --scope "$2" --assignee "$3" --query "[].id") || return
	[[ -z $found ]] || return 0
	make GRANT_ID az role assignment create --role "$1" --scope "$2" --assignee-object-id "$3" \
		--assignee-principal-type "${4:-ServicePrincipal}" --query id
}

# A group that is there is not made again: that would take its tags away.
step_group() {
	local found
	found=$(ask "" az group list --query "[?name=='$group'].id")
	[[ -n $found ]] || run az group create --name "$group" --location "$location" "${tags[@]}"
}

step_vault() {
	local id workspace_id
	workspace_id=$(find "" monitor log-analytics workspace "$workspace")
	if [[ -z $workspace_id ]]; then
		workspace_id=$(make WORKSPACE_ID az monitor log-analytics workspace create --name "$workspace" --resource-group "$group" \
			--location "$location" --retention-time 90 "${tags[@]}" --query id)
	fi
	id=$(find "" keyvault "$vault")
	if [[ -z $id ]]; then
		id=$(make VAULT_ID az keyvault create --name "$vault" --resource-group "$group" --location "$location" \
			--sku "$sku" --enable-rbac-authorization true --enable-purge-protection true --retention-days 90 "${tags[@]}" --query id)
	fi
	run az monitor diagnostic-settings create --name audit --resource "$id" --workspace "$workspace_id" \
		--export-to-resource-specific true --logs '[{"categoryGroup":"audit","enabled":true}]'
}

# Making a certificate takes a right that nobody needs afterwards: whoever runs this has it for this step only.
step_certificate() {
	local id me held found exportable
	id=$(find VAULT_ID keyvault "$vault")
	[[ -n $id ]] || fail "VAULT: no vault $vault in $group"
	me=$(myself)
	held=$(ask "" az role assignment list --role "$certificates_officer" --scope "$id" --assignee "$me" --include-inherited --query "[].id")
	if [[ -z $held ]]; then
		trap step_down EXIT
		officer_grant=$(give "$certificates_officer" "$id" "$me" "${AZURE_PRINCIPAL_TYPE:-User}")
	fi
	found=$(eventually ask "" az keyvault certificate list --vault-name "$vault" --query "[?name=='$certificate'].id")
	if [[ -n $found ]]; then
		say "certificate $certificate is in the vault already and is kept"
	elif [[ -n ${PFX_FILE:-} ]]; then
		run az keyvault certificate import --vault-name "$vault" --name "$certificate" --file "$PFX_FILE" --password "${PFX_PASSWORD:-}"
	else
		say "making a self-signed certificate: use it for tests only, because nobody trusts it"
		run az keyvault certificate create --vault-name "$vault" --name "$certificate" --policy "$(policy)"
	fi
	exportable=$(ask true az keyvault certificate show --vault-name "$vault" --name "$certificate" --query policy.keyProperties.exportable)
	[[ $exportable == true || $key_place != memory ]] ||
		fail "certificate $certificate: its key is not exportable; set KEY_PLACE=vault, or make a new certificate under another name"
	step_down
}

step_down() {
	[[ -n $officer_grant ]] || return 0
	run az role assignment delete --ids "$officer_grant"
	officer_grant=
}

policy() {
	local exportable=true kind=RSA
	[[ $key_place == memory ]] || exportable=false
	[[ $key_place == memory || $sku != premium ]] || kind=RSA-HSM
	printf '{"issuerParameters":{"name":"Self"},"keyProperties":{"exportable":%s,"keyType":"%s","keySize":3072,"reuseKey":false},' \
		"$exportable" "$kind"
	printf '"secretProperties":{"contentType":"application/x-pkcs12"},'
	printf '"x509CertificateProperties":{"subject":"%s",' "${CERTIFICATE_SUBJECT:-CN=Document Seal}"
	printf '"validityInMonths":12,"keyUsage":["digitalSignature","nonRepudiation"]}}'
}

# registration NAME KNOWN VARIABLE: the client ID of the one registration of that name, or nothing.
registration() {
	local found=$2
	[[ -n $found ]] || found=$(ask "$3" az ad app list --filter "displayName eq '$1'" --query "[].appId")
	[[ $(wc -w <<<"$found") -le 1 ]] || fail "several registrations are called $1: set $3 to the client ID of one"
	echo "$found"
}

# find_registrations sets api and client, the client IDs.
find_registrations() {
	api=$(registration "Influxion API" "${API_CLIENT_ID:-}" API_CLIENT_ID)
	client=$(registration "Influxion Client" "${CLIENT_ID:-}" CLIENT_ID)
	[[ -n $api && -n $client ]] || fail "the registrations are missing: infra/setup.sh registrations"
}

# make_registration NAME KNOWN VARIABLE: the same, made if there is none.
make_registration() {
	local found=
	$dry_run || found=$(registration "$@")
	[[ -n $found ]] || found=$(make "$3" az ad app create --display-name "$1" --sign-in-audience AzureADMyOrg --query appId)
	echo "$found"
}

# service_principal CLIENT_ID PLACEHOLDER: object ID of the registration's service principal, made if there is none.
service_principal() {
	local found
	found=$(ask "" az ad sp list --filter "appId eq '$1'" --query "[].id")
	[[ -n $found ]] || found=$(eventually make "$2" az ad sp create --id "$1" --query id)
	echo "$found"
}

# patch CLIENT_ID BODY: changes a registration.
patch() {
	local object
	object=$(eventually ask "OBJECT_ID" az ad app show --id "$1" --query id)
	eventually run az rest --method PATCH --url "$graph/applications/$object" --headers Content-Type=application/json --body "$2"
}

# assign PRINCIPAL ROLE API_PRINCIPAL: lets a user, a group or a client get a token for the API.
assign() {
	local found
	found=$(ask "" az rest --method GET --url "$graph/servicePrincipals/$3/appRoleAssignedTo" \
		--query "value[?principalId=='$1' && appRoleId=='$2'].id")
	[[ -z $found ]] || return 0
	eventually run az rest --method POST --url "$graph/servicePrincipals/$3/appRoleAssignedTo" --headers Content-Type=application/json \
		--body "{\"principalId\":\"$1\",\"resourceId\":\"$3\",\"appRoleId\":\"$2\"}"
}

# Microsoft Graph takes each list of a registration as a whole: what is not sent again is taken away. So each list is sent as it is there,
# whoever made what is in it, and only what is missing is added.

# there CLIENT_ID QUERY: a list of that registration, as JSON without its brackets.
there() {
	local found
	found=$(ask "[]" az ad app show --id "$1" --query "to_string($2)")
	[[ $found != null ]] || found=
	found=${found#[}
	echo "${found%]}"
}

# with LIST MARK ELEMENT: the list, and the element at its end unless MARK is there.
with() { if [[ $1 == *"$2"* ]]; then echo "$1"; else echo "$1${1:+,}$3"; fi; }

# uris CLIENT_ID QUERY URI: a list of URIs, with that one.
uris() { with "$(there "$1" "$2")" "\"$3\"" "\"$3\""; }

# scopes, roles: those of Influxion API, without the members that Microsoft Graph returns and does not accept.
scopes() {
	there "$api" "api.oauth2PermissionScopes[].{id: id, value: value, type: type, isEnabled: isEnabled,
adminConsentDisplayName: adminConsentDisplayName, adminConsentDescription: adminConsentDescription,
userConsentDisplayName: userConsentDisplayName, userConsentDescription: userConsentDescription}"
}
roles() {
	there "$api" "appRoles[].{id: id, value: value, displayName: displayName, description: description, isEnabled: isEnabled,
allowedMemberTypes: allowedMemberTypes}"
}

# scope_id, role_id PLACEHOLDER: of access_as_user, access_as_application, where they are there.
scope_id() { ask "$1" az ad app show --id "$api" --query "api.oauth2PermissionScopes[?value=='access_as_user'].id"; }
role_id() { ask "$1" az ad app show --id "$api" --query "appRoles[?value=='access_as_application'].id"; }

step_registrations() {
	local scope role api_principal client_principal access caller callers=${CALLERS:-} without_user=
	api=$(make_registration "Influxion API" "${API_CLIENT_ID:-}" API_CLIENT_ID)
	client=$(make_registration "Influxion Client" "${CLIENT_ID:-}" CLIENT_ID)
	scope=$(eventually scope_id "")
	role=$(role_id "")
	scope=${scope:-$(new_id)} role=${role:-$(new_id)}
	patch "$api" "{\"identifierUris\":[$(uris "$api" identifierUris "api://$api")],
\"api\":$(api_settings "$client" "$scope"),
\"appRoles\":[$(wanted_roles "$role")]}"
	[[ ${CLIENT_WITHOUT_USER:-} != true ]] || without_user=$role
	access=$(required_access "$client" "$scope" "$without_user")
	patch "$client" "{\"isFallbackPublicClient\":true,
\"publicClient\":{\"redirectUris\":[$(uris "$client" publicClient.redirectUris http://localhost)]},
\"requiredResourceAccess\":[$access]}"
	api_principal=$(service_principal "$api" API_PRINCIPAL)
	client_principal=$(service_principal "$client" CLIENT_PRINCIPAL)
	eventually run az ad sp update --id "$api_principal" --set appRoleAssignmentRequired=true
	[[ -n $callers ]] || callers=$(myself)
	for caller in $callers; do
		assign "$caller" "$default_access" "$api_principal"
	done
	[[ -z $without_user ]] || assign "$client_principal" "$role" "$api_principal"
}

# register_page sets page, the client ID by which people sign in on the page; its redirect URI is the page's address.
register_page() {
	local scope access
	page=$(make_registration "Influxion Page" "${PAGE_CLIENT_ID:-}" PAGE_CLIENT_ID)
	scope=$(eventually scope_id SCOPE_ID)
	access=$(eventually required_access "$page" "$scope" "")
	patch "$page" "{\"spa\":{\"redirectUris\":[$(uris "$page" spa.redirectUris "${PAGE_URI:-https://$host/api/}")]},
\"requiredResourceAccess\":[$access]}"
	service_principal "$page" PAGE_PRINCIPAL >/dev/null
	patch "$api" "{\"api\":$(api_settings "$page" "$scope")}"
}

# api_settings CLIENT_ID SCOPE_ID: the part of Influxion API about tokens, in which that client needs no consent to that scope.
api_settings() {
	local others consented
	others=$(there "$api" "api.preAuthorizedApplications[?appId!='$1'].{appId: appId, delegatedPermissionIds: delegatedPermissionIds}")
	consented=$(there "$api" "api.preAuthorizedApplications[?appId=='$1'].delegatedPermissionIds[]")
	consented=$(with "$consented" "\"$2\"" "\"$2\"")
	cat <<JSON
{"requestedAccessTokenVersion":2,"knownClientApplications":[$(there "$api" api.knownClientApplications)],
"oauth2PermissionScopes":[$(with "$(scopes)" '"value":"access_as_user"' "$(user_scope "$2")")],
"preAuthorizedApplications":[$others${others:+,}{"appId":"$1","delegatedPermissionIds":[$consented]}]}
JSON
}

# required_access CLIENT_ID SCOPE_ID ROLE_ID: the permissions of a client: that scope of Influxion API, and that role, where one is given.
required_access() {
	local others access
	others=$(there "$1" "requiredResourceAccess[?resourceAppId!='$api'].{resourceAppId: resourceAppId, resourceAccess: resourceAccess}")
	access=$(there "$1" "requiredResourceAccess[?resourceAppId=='$api'].resourceAccess[]")
	access=$(with "$access" "\"$2\"" "{\"id\":\"$2\",\"type\":\"Scope\"}")
	[[ -z $3 ]] || access=$(with "$access" "\"$3\"" "{\"id\":\"$3\",\"type\":\"Role\"}")
	echo "$others${others:+,}{\"resourceAppId\":\"$api\",\"resourceAccess\":[$access]}"
}

user_scope() {
	cat <<JSON
{"id":"$1","value":"access_as_user","type":"User","isEnabled":true,
"adminConsentDisplayName":"Sign documents","adminConsentDescription":"Have documents signed on behalf of the signed-in user.",
"userConsentDisplayName":"Sign documents","userConsentDescription":"Have documents signed on your behalf."}
JSON
}

# wanted_roles ROLE_ID: the app roles of Influxion API: those that are there; access_as_application, under that ID; jobs.read.*, by which
# the jobs of all callers are seen; and those of CERTIFICATE_ROLES.
wanted_roles() {
	local all wanted value
	all=$(with "$(roles)" '"value":"access_as_application"' \
		"$(app_role "$1" access_as_application "Sign documents" "Have documents signed without a user." '"Application"')")
	all=$(with "$all" '"value":"jobs.read.*"' \
		"$(app_role "$(new_id)" "jobs.read.*" "Read all jobs" "See the jobs of all callers, and their results.")")
	read -ra wanted <<<"${CERTIFICATE_ROLES:-}"
	for value in "${wanted[@]}"; do
		all=$(with "$all" "\"value\":\"$value\"" "$(app_role "$(new_id)" "$value" "$value" "Have documents signed: $value")")
	done
	echo "$all"
}

# app_role ID VALUE NAME DESCRIPTION [TYPES]
app_role() {
	printf '{"id":"%s","value":"%s","isEnabled":true,"allowedMemberTypes":[%s],"displayName":"%s","description":"%s"}' \
		"$1" "$2" "${5:-\"User\",\"Application\"}" "$3" "$4"
}

# account PLACEHOLDER NAME [SKU]: ID of the storage account of that name, made if there is none. It takes no keys. With ZONE_REDUNDANT its
# copies lie in several zones at least.
account() {
	local found kind=${3:-Standard_LRS}
	[[ $zone_redundant == false || $kind != Standard_LRS ]] || kind=Standard_ZRS
	found=$(find "" storage account "$2")
	[[ -n $found ]] || found=$(make "$1" az storage account create --name "$2" --resource-group "$group" --location "$location" \
		--sku "$kind" --allow-blob-public-access false --allow-shared-key-access false --allow-cross-tenant-replication false \
		--min-tls-version TLS1_2 "${tags[@]}" --query id)
	echo "$found"
}

step_app() {
	local found identity storage_id insights_id plan_id id protocol instances=()
	storage_id=$(account STORAGE_ID "$storage")
	run az storage container-rm create --storage-account "$storage" --name "$container"
	found=$(find "" functionapp "$app")
	if [[ -z $found ]]; then
		[[ ${ALWAYS_READY:-0} -eq 0 ]] || instances+=(--always-ready-instances "http=$ALWAYS_READY")
		[[ $zone_redundant == false ]] || instances+=(--zone-redundant true)
		run az functionapp create --name "$app" --resource-group "$group" --storage-account "$storage" --workspace "$workspace" \
			--flexconsumption-location "$location" --runtime custom --runtime-version 1.0 --https-only true \
			--instance-memory "${INSTANCE_MEMORY:-2048}" --maximum-instance-count "${MAXIMUM_INSTANCES:-40}" "${instances[@]}" \
			--deployment-storage-name "$storage" --deployment-storage-container-name "$container" \
			--deployment-storage-auth-type SystemAssignedIdentity "${tags[@]}"
	fi
	for protocol in ftp scm; do
		run az resource update --name "$protocol" --resource-group "$group" --namespace Microsoft.Web --parent "sites/$app" \
			--resource-type basicPublishingCredentialsPolicies --set properties.allow=false
	done
	identity=$(principal)
	insights_id=$(ask INSIGHTS_ID az resource show --name "$app" --resource-group "$group" \
		--resource-type Microsoft.Insights/components --query id)
	give "$blob_data_owner" "$storage_id" "$identity" >/dev/null
	give "$table_data_contributor" "$storage_id" "$identity" >/dev/null
	give "$metrics_publisher" "$insights_id" "$identity" >/dev/null
	run az resource update --ids "$insights_id" --set properties.DisableLocalAuth=true
	if [[ ${#tags[@]} -gt 0 ]]; then # what az makes beside the app
		plan_id=$(ask PLAN_ID az resource show --name "$app" --resource-group "$group" --resource-type Microsoft.Web/sites \
			--query properties.serverFarmId)
		for id in "$plan_id" "$insights_id"; do
			run az tag update --resource-id "$id" --operation Merge "${tags[@]}"
		done
	fi
}

# The container of the audit log: blobs can be appended to, and stay as they are until their days are over. The policy is not locked,
# because a lock cannot be undone. One that is there stays: a locked one cannot be made shorter, and only a person may decide on another period.
step_audit() {
	local account_id identity days
	[[ -n $audit_days ]] || return 0
	account_id=$(account AUDIT_ACCOUNT_ID "$audit" "$audit_sku")
	run az storage container-rm create --storage-account "$audit" --name audit
	days=$(ask "" az storage container-rm list --storage-account "$audit" --query "[?name=='audit' && hasImmutabilityPolicy].name")
	if [[ -z $days ]]; then
		run az storage container immutability-policy create --account-name "$audit" --resource-group "$group" --container-name audit \
			--period "$audit_days" --allow-protected-append-writes true
	else
		days=$(ask "$audit_days" az storage container immutability-policy show --account-name "$audit" --resource-group "$group" \
			--container-name audit --query immutabilityPeriodSinceCreationInDays)
		[[ $days == "$audit_days" ]] ||
			fail "AUDIT_RETENTION_DAYS: the container keeps its blobs for $days days, not $audit_days; az storage container immutability-policy extend"
	fi
	identity=$(principal)
	give "$blob_data_contributor" "$account_id/blobServices/default/containers/audit" "$identity" >/dev/null
}

# The storage of jobs, as jobs.bicep has it: only the app's identity writes records and results, and it only reads what others put into the
# inbox and the templates. Queues are made by the management plane: whoever runs this has no right on what is in them.
step_jobs() {
	[[ -n $jobs ]] || return 0
	local id identity name
	id=$(account JOBS_ACCOUNT_ID "$jobs")
	identity=$(principal)
	for name in records results inbox templates; do
		run az storage container-rm create --storage-account "$jobs" --name "$name"
	done
	for name in records results; do
		give "$blob_data_contributor" "$id/blobServices/default/containers/$name" "$identity" >/dev/null
	done
	for name in inbox templates; do
		give "$blob_data_reader" "$id/blobServices/default/containers/$name" "$identity" >/dev/null
	done
	for name in jobs jobs-poison; do
		run az rest --method PUT --url "$id/queueServices/default/queues/$name?api-version=2023-05-01" --body '{}'
		give "$queue_data_contributor" "$id/queueServices/default/queues/$name" "$identity" >/dev/null
	done
	run az storage account management-policy create --account-name "$jobs" --resource-group "$group" --policy "$(deletion)"
}

# deletion: the rules by which the storage of jobs deletes what the handler has left: after the days of JOBS_RETENTION, and answers to
# repeated requests after 2.
deletion() {
	local retention=${JOBS_RETENTION:-168h}
	printf '{"rules":['
	rule jobs '"blockBlob","appendBlob"' '"records/","inbox/","results/"' "$(((${retention%h} + 23) / 24))"
	printf ','
	rule answers '"blockBlob"' '"records/requests/","records/answers/"' 2
	printf ']}'
}

# rule NAME TYPES PREFIXES DAYS
rule() {
	printf '{"name":"%s","enabled":true,"type":"Lifecycle","definition":{"filters":{"blobTypes":[%s],"prefixMatch":[%s]},' "$1" "$2" "$3"
	printf '"actions":{"baseBlob":{"delete":{"daysAfterModificationGreaterThan":%s}}}}}' "$4"
}

# signer_role: the role that may read the public half of a key and sign with it, made if there is none. A role of that name that may do
# anything else is not granted.
signer_role() {
	local name="Influxion Signer $group" scope found id may
	local sign=Microsoft.KeyVault/vaults/keys/read,Microsoft.KeyVault/vaults/keys/sign/action
	found=$(ask "" az role definition list --custom-role-only true --resource-group "$group" \
		--query "[?roleName=='$name'].[name, join(',', sort(permissions[].[actions, dataActions][][]))]")
	if [[ -z $found ]]; then
		scope=$(ask GROUP_ID az group show --name "$group" --query id)
		make ROLE_ID az role definition create --query name --role-definition "{\"Name\":\"$name\",\"IsCustom\":true,
\"Description\":\"May sign with a key of a vault and read its public half.\",
\"Actions\":[],\"DataActions\":[\"${sign/,/\",\"}\"],\"AssignableScopes\":[\"$scope\"]}"
		return
	fi
	read -r id may <<<"$found"
	[[ $may == "$sign" ]] || fail "the role \"$name\" does not have exactly the permissions to sign: $may"
	echo "$id"
}

# The Function App's identity may read the one secret behind the certificate, or sign with the one key; nobody else gets a lasting right
# on the vault.
step_grant() {
	local id identity name role readable=
	id=$(find VAULT_ID keyvault "$vault")
	[[ -n $id ]] || fail "VAULT: no vault $vault in $group"
	identity=$(principal)
	case $key_place in
	memory) readable=$certificate ;;
	vault)
		role=$(signer_role)
		eventually give "$role" "$id/keys/$certificate" "$identity" >/dev/null
		give "$vault_reader" "$id" "$identity" >/dev/null
		;;
	hsm) say "the key lies in a Managed HSM: docs/certificates.md (Rights) has the role that the app's identity needs there" ;;
	esac
	for name in $readable ${TSA_PASSWORD_SECRET:-} ${TSA_KEY_SECRET:-} ${TSA_CERTIFICATE:-}; do
		give "$secrets_user" "$id/secrets/$name" "$identity" >/dev/null
	done
}

# reference NAME: what the platform replaces by a secret of the vault.
reference() {
	[[ -z ${1:-} ]] || echo "@Microsoft.KeyVault(SecretUri=$vault_url/secrets/$1)"
}

# endpoint ACCOUNT SERVICE: the address of a storage account's blobs or queues.
endpoint() {
	local address
	address=$(ask "https://$1.$2.core.windows.net/" az storage account show --name "$1" --resource-group "$group" \
		--query "primaryEndpoints.$2")
	echo "${address%/}"
}

# deployed sets tenant, vault_url, audit_container and host.
deployed() {
	tenant=$(ask TENANT_ID az account show --query tenantId)
	vault_url=$(ask "https://$vault.vault.azure.net/" az keyvault show --name "$vault" --resource-group "$group" \
		--query properties.vaultUri)
	vault_url=${vault_url%/}
	[[ -z $audit_days ]] || audit_container=$(endpoint "$audit" blob)/audit
	host=$(ask "$app.azurewebsites.net" az functionapp show --name "$app" --resource-group "$group" --query properties.defaultHostName)
}

step_settings() {
	local key_mode='' jobs_url=${JOBS_STORAGE_URL:-} templates=${TEMPLATES_CONTAINER:-} engine=()
	[[ $key_place == memory ]] || key_mode=vault
	if [[ -n $jobs ]]; then
		jobs_url=$(endpoint "$jobs" blob)
		[[ -z ${RENDERER_URL:-} ]] || templates=${templates:-$jobs_url/templates}
		engine=("Jobs__queueServiceUri=$(endpoint "$jobs" queue)" "Jobs__credential=managedidentity")
	fi
	find_registrations
	deployed
	register_page
	run az functionapp config appsettings set --name "$app" --resource-group "$group" --settings \
		"AzureWebJobsStorage__accountName=$storage" "APPLICATIONINSIGHTS_AUTHENTICATION_STRING=Authorization=AAD" \
		"INFLUXION_AZURE_TENANT_ID=$tenant" "INFLUXION_AZURE_API_CLIENT_ID=$api" "INFLUXION_AZURE_AUDIENCE=api://$api" \
		"INFLUXION_AZURE_DEFAULT_SCOPE=api://$api/.default" "INFLUXION_VAULT_URL=$vault_url" "INFLUXION_SIGNING_CERTIFICATES=$certificate" \
		"INFLUXION_TSA_URL=${TSA_URL:-}" "INFLUXION_DEFAULT_LEVEL=${DEFAULT_LEVEL:-B-B}" "INFLUXION_TRUST_ANCHORS=${TRUST_ANCHORS:-}" \
		"INFLUXION_KEY_MODE=$key_mode" "INFLUXION_KEY_URL=${KEY_URL:-}" "INFLUXION_CERTIFICATE_FILES=${CERTIFICATE_FILES:-}" \
		"INFLUXION_TSA_USER=${TSA_USER:-}" "INFLUXION_TSA_PASSWORD=$(reference "${TSA_PASSWORD_SECRET:-}")" \
		"INFLUXION_TSA_API_KEY=$(reference "${TSA_KEY_SECRET:-}")" "INFLUXION_TSA_API_KEY_HEADER=${TSA_KEY_HEADER:-}" \
		"INFLUXION_TSA_CLIENT_CERTIFICATE=$(reference "${TSA_CERTIFICATE:-}")" \
		"INFLUXION_OUTBOUND_PROXY=${OUTBOUND_PROXY:-}" "INFLUXION_OUTBOUND_HOSTS=${OUTBOUND_HOSTS:-}" \
		"INFLUXION_PAGE_CLIENT_ID=$page" "INFLUXION_AUDIT_CONTAINER=$audit_container" "INFLUXION_CERTIFICATE_ROLES=${CERTIFICATE_ROLES:+true}" \
		"INFLUXION_HASH_SIGNING=${HASH_SIGNING:-}" "INFLUXION_CALLER_RATE=${CALLER_RATE:-}" "INFLUXION_TENANT_ROLES=${TENANT_ROLES:-}" \
		"INFLUXION_JOBS_STORAGE_URL=$jobs_url" "INFLUXION_JOBS_RETENTION=${JOBS_RETENTION:-}" \
		"INFLUXION_TEMPLATES_CONTAINER=$templates" "INFLUXION_RENDERER_URL=${RENDERER_URL:-}" \
		"AzureWebJobsDisableHomepage=true" "${engine[@]}"
	# The connection string that az functionapp create puts there; the account takes no key.
	run az functionapp config appsettings delete --name "$app" --resource-group "$group" --setting-names AzureWebJobsStorage
}

step_publish() {
	run ./build.sh stage ${jobs:+--jobs}
	eventually run az functionapp deployment source config-zip --name "$app" --resource-group "$group" --src dist.zip
}

step_show() {
	find_registrations
	deployed
	cat <<TEXT

# The handler's settings, as set on $app; the last two are empty, because its identity is a managed one
INFLUXION_AZURE_TENANT_ID=$tenant
INFLUXION_AZURE_API_CLIENT_ID=$api
INFLUXION_AZURE_AUDIENCE=api://$api
INFLUXION_AZURE_DEFAULT_SCOPE=api://$api/.default
INFLUXION_VAULT_URL=$vault_url
INFLUXION_AZURE_CLIENT_ID=
INFLUXION_AZURE_CLIENT_SECRET=

# A client's settings
export INFLUXION_CLIENT_URL=https://$host
export INFLUXION_CLIENT_TENANT_ID=$tenant
export INFLUXION_CLIENT_ID=$client
export INFLUXION_CLIENT_SCOPE=api://$api/.default

# The first call
influxion doctor
influxion sign in.pdf
TEXT
}

steps=()
for word in "$@"; do
	case $word in
	-h | --help) help && exit ;;
	--dry-run) dry_run=true ;;
	group | vault | certificate | registrations | app | audit | jobs | grant | settings | publish | show) steps+=("$word") ;;
	*) help >&2 && exit 2 ;;
	esac
done
[[ ${#steps[@]} -gt 0 ]] || steps=(group vault certificate registrations app audit jobs grant settings publish show)

if $dry_run; then vault=${vault:-VAULT} app=${app:-APP} storage=${storage:-STORAGE} audit=${audit:-AUDIT_STORAGE} workspace=log-$app; fi
read_tags
named "$group" '[A-Za-z0-9_.()-]{1,90}' GROUP
named "${INSTANCE_MEMORY:-2048}" '(512|2048|4096)' INSTANCE_MEMORY
named "${MAXIMUM_INSTANCES:-40}" '([1-9][0-9]{0,2}|1000)' MAXIMUM_INSTANCES
named "${ALWAYS_READY:-0}" '([1-9]?[0-9]{1,2}|1000)' ALWAYS_READY
named "$zone_redundant" '(true|false)' ZONE_REDUNDANT
named "$audit_sku" 'Standard_(LRS|ZRS|GZRS)' AUDIT_SKU
named "$certificate" '[A-Za-z0-9-]{1,127}' CERTIFICATE
for name in TSA_PASSWORD_SECRET TSA_KEY_SECRET TSA_CERTIFICATE; do
	named "${!name:-none}" '[A-Za-z0-9-]{1,127}' "$name"
done
named "${CERTIFICATE_SUBJECT:-CN=Document Seal}" '[^"\\]+' CERTIFICATE_SUBJECT
named "${CALLERS:-me}" '[A-Za-z0-9 -]+' CALLERS
named "${CERTIFICATE_ROLES:-sign.*}" '((sign\.(\*|[A-Za-z0-9-]{1,115})|hash\.[A-Za-z0-9-]{1,115}) *)+' CERTIFICATE_ROLES
named "$key_place" '(memory|vault|hsm)' KEY_PLACE
named "${HASH_SIGNING:-false}" '(true|false)' HASH_SIGNING
named "${CALLER_RATE:-0,0}" '[0-9]+,[0-9]+' CALLER_RATE
named "${TENANT_ROLES:-none}" '[A-Za-z0-9/.,-]+' TENANT_ROLES
named "${audit_days:-1}" '([1-9][0-9]{0,4}|1[0-3][0-9]{4}|14[0-5][0-9]{3}|146000)' AUDIT_RETENTION_DAYS
[[ -z $jobs || -z ${JOBS_STORAGE_URL:-} ]] || fail "JOBS_STORAGE: set either it or JOBS_STORAGE_URL"
[[ -z $audit_days || -z $audit_container ]] || fail "AUDIT_CONTAINER: set either it or AUDIT_RETENTION_DAYS"
named "${API_CLIENT_ID:-id}" '[A-Za-z0-9-]+' API_CLIENT_ID
named "${CLIENT_ID:-id}" '[A-Za-z0-9-]+' CLIENT_ID
for step in "${steps[@]}"; do
	case $step in
	vault | certificate | grant | settings | show) named "$vault" '[A-Za-z][A-Za-z0-9-]{2,23}' VAULT ;;&
	vault | app | audit | jobs | grant | settings | publish | show) named "$app" '[A-Za-z0-9][A-Za-z0-9-]{1,59}' APP ;;&
	app | settings) $dry_run || named "$storage" '[a-z0-9]{3,24}' STORAGE ;;&
	audit | settings) $dry_run || [[ -z $audit_days ]] || named "$audit" '[a-z0-9]{3,24}' AUDIT_STORAGE ;;&
	jobs | settings | publish)
		[[ -z $jobs ]] || named "$jobs" '[a-z0-9]{3,24}' JOBS_STORAGE
		[[ -z $jobs ]] || named "${JOBS_RETENTION:-168h}" '[1-9][0-9]{0,3}h' JOBS_RETENTION
		;;
	esac
done
for step in "${steps[@]}"; do
	say "$step"
	"step_$step"
done
