package main

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"influxion/handler/internal/entra"
	"influxion/handler/internal/guid"
	"influxion/handler/internal/keyvault"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/render"
	"influxion/handler/internal/server/page"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/storage"
	"influxion/handler/internal/trustservices"
)

// settingErrors collects what is wrong with the settings, one entry a variable: the variable, what
// is wrong with it, what to do. It never quotes a value, which may be a secret in the wrong place.
type settingErrors struct {
	variables []string
	list      []error
}

func (f *settingErrors) add(variable, problem, remedy string) {
	if slices.Contains(f.variables, variable) {
		return
	}
	f.variables = append(f.variables, variable)
	f.list = append(f.list, fmt.Errorf("%s %s: %s", variable, problem, remedy))
}

func (f *settingErrors) err() error {
	if len(f.list) == 0 {
		return nil
	}
	return fmt.Errorf("settings: %w", errors.Join(f.list...))
}

// parse reports the parser's errors without the values that they quote.
func (f *settingErrors) parse(err error) {
	if err == nil {
		return
	}
	aggregate, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		f.add("the environment", "cannot be parsed", "check the settings' values")
		return
	}
	forms := map[string]string{
		"time.Duration": "write a number with a unit, such as 10m",
		"slog.Level":    "write debug, info, warn or error",
		"int64":         "write a whole number",
		"bool":          "write true or false",
	}
	for _, one := range aggregate.Errors {
		if parse, ok := errors.AsType[env.ParseError](one); ok {
			f.add(prefix+variables()[parse.Name], "has no readable value", forms[parse.Type.String()])
		}
	}
}

// clientPrefix begins the settings of the command line influxion, which may share an environment or
// a .env file with the handler's.
const clientPrefix = "CLIENT_"

// unknown refuses a name with our prefix that is no setting: a misspelt allow-list would otherwise
// allow everything.
func (f *settingErrors) unknown(given map[string]string) {
	known := slices.Collect(maps.Values(variables()))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if setting, ok := strings.CutPrefix(name, prefix); ok && !slices.Contains(known, setting) &&
			!strings.HasPrefix(setting, clientPrefix) {
			f.add(name, "is not a setting", "correct its spelling or remove it")
		}
	}
}

// rule is a condition that a setting must not meet. broken says that the setting meets it.
type rule struct {
	variable        string
	broken          bool
	problem, remedy string
}

// check tries every rule and reports each that is broken.
func (c *config) check(found *settingErrors) {
	for _, rule := range slices.Concat(c.identityRules(), c.signingRules(), c.storageRules()) {
		if rule.broken {
			found.add(prefix+rule.variable, rule.problem, rule.remedy)
		}
	}
	c.checkKeys(found)
}

// identityRules are about who calls, and as whom the handler and the page sign in.
func (c *config) identityRules() []rule {
	return []rule{
		{"AZURE_TENANT_ID", c.Azure.TenantID == "", "is missing",
			"set the directory (tenant) ID of the app registrations"},
		{"AZURE_API_CLIENT_ID", c.Azure.APIClientID == "", "is missing",
			"set the application (client) ID of the API's app registration"},
		{"AZURE_TENANT_ID", !guids(c.Azure.TenantID), "is not a GUID",
			"copy the directory (tenant) ID from the portal"},
		{"AZURE_API_CLIENT_ID", !guids(c.Azure.APIClientID), "is not a GUID",
			"copy the application (client) ID from the portal"},
		{"AZURE_CLIENT_ID", c.Azure.ClientID != "" && !guids(c.Azure.ClientID), "is not a GUID",
			"copy the client ID of the identity from the portal"},
		{"AZURE_ALLOWED_TENANTS", !guids(c.Access.AllowedTenants...), "holds an entry that is not a GUID",
			"list tenant IDs, separated by commas"},
		{"AZURE_ALLOWED_CLIENTS", !guids(c.Access.AllowedClients...), "holds an entry that is not a GUID",
			"list client IDs, separated by commas"},
		{"AZURE_AUTHORITY_HOST", entra.CheckAuthority(c.Azure.AuthorityHost) != nil,
			"is not the https address of a host",
			"write https://host, without path or query"},
		{"AZURE_DEFAULT_SCOPE", c.Azure.Audience != "" && entra.CheckScope(c.Azure.DefaultScope, c.audiences()) != nil,
			"is not a scope of " + prefix + "AZURE_AUDIENCE",
			"write the audience followed by /.default or by the name of one scope"},
		{"AZURE_CLIENT_SECRET", c.Azure.ClientSecret != "" && c.Azure.ClientID == "",
			"has no " + prefix + "AZURE_CLIENT_ID",
			"set the client ID of the service principal, or remove the secret to use the managed identity"},
		{"PAGE_CLIENT_ID", c.Page.PageClientID != "" && !guids(c.Page.PageClientID), "is not a GUID",
			"copy the application (client) ID of the page's app registration from the portal"},
		{"PAGE_AUTHORITY_HOST", c.Page.PageAuthorityHost != c.Azure.AuthorityHost &&
			page.CheckAuthority(c.Page.PageAuthorityHost) != nil,
			"is not the https address of a host", "write https://host, without path or query"},
	}
}

// signingRules are about certificates, documents and timestamps.
func (c *config) signingRules() []rule {
	return []rule{
		{"VAULT_URL", c.Keys.VaultURL == "", "is missing", "set the vault's URI, such as https://name.vault.azure.net"},
		{"VAULT_URL", keyvault.CheckVaultURL(c.Keys.VaultURL) != nil, "is not the https address of a vault",
			"write https://name.vault.azure.net: the vault's host name, without port, path or query"},
		{"SIGNING_CERTIFICATES", !certificateNames(c.Access.SigningCertificates),
			"holds an entry that is not a certificate name of a vault",
			"use letters, digits and hyphens; separate several by commas"},
		{"CERTIFICATE_CACHE_TTL", c.Keys.CertificateCacheTTL < time.Second || c.Keys.CertificateCacheTTL > 24*time.Hour,
			"is out of range", "choose from 1s to 24h"},
		{"MAX_DOCUMENT_BYTES", c.Documents.MaxDocumentBytes < 1<<10 || c.Documents.MaxDocumentBytes > 2<<30,
			"is out of range",
			"choose from 1024 to 2147483648"},
		{"TSA_URL",
			slices.ContainsFunc(c.TSA.URLs, func(url string) bool { return trustservices.CheckTSAURL(url) != nil }),
			"holds an entry that is not the address of a timestamp authority",
			"list http or https addresses, separated by commas, in the order to try them"},
		{"DEFAULT_LEVEL", !slices.Contains(signing.Levels(), pades.Level(c.Documents.DefaultLevel)), "is not a level",
			"choose B-B, B-T, B-LT or B-LTA"},
		{"DEFAULT_LEVEL", c.Documents.DefaultLevel != string(pades.LevelBB) && len(c.TSA.URLs) == 0,
			"needs " + prefix + "TSA_URL",
			"name a timestamp authority, or choose B-B"},
	}
}

// storageRules are about the renderer and about what a storage account keeps.
func (c *config) storageRules() []rule {
	return []rule{
		{"RENDERER_URL", c.Renderer.RendererURL != "" &&
			render.CheckURL(c.Renderer.RendererURL, c.Renderer.RendererScope != "") != nil,
			"is not the address of a renderer",
			"write https://host, or http://host where no " + prefix + "RENDERER_SCOPE is set"},
		{"RENDERER_SCOPE", c.Renderer.RendererScope != "" && c.Renderer.RendererURL == "",
			"has no " + prefix + "RENDERER_URL", "set the address of the renderer, or remove the scope"},
		{"TEMPLATES_CONTAINER", c.Renderer.TemplatesContainer != "" &&
			storage.CheckURL(c.Renderer.TemplatesContainer) != nil, "is not the https address of a container",
			"write https://account.blob.core.windows.net/container, without a signature: the app's identity reads"},
		{"TEMPLATES_CONTAINER", c.Renderer.TemplatesContainer != "" && c.Renderer.RendererURL == "",
			"has no " + prefix + "RENDERER_URL", "set the address of the renderer, or remove the container"},
		{"JOBS_STORAGE_URL", c.Jobs.JobsStorageURL != "" && storage.CheckAccountURL(c.Jobs.JobsStorageURL) != nil,
			"is not the https address of a storage account",
			"write https://account.blob.core.windows.net, without a signature: the app's identity reads and writes"},
		{"JOBS_QUEUE_URL", c.Jobs.JobsQueueURL != "" && storage.CheckAccountURL(c.Jobs.JobsQueueURL) != nil,
			"is not the https address of a storage account's queues",
			"write https://account.queue.core.windows.net, or remove it where the account's blobs have " +
				"such an address"},
		{"JOBS_QUEUE_URL", storage.CheckAccountURL(c.Jobs.JobsStorageURL) == nil && c.Jobs.JobsQueueURL == "",
			"is missing",
			"set the address of the account's queues, which does not follow from that of its blobs"},
		{"JOBS_QUEUE_URL", c.Jobs.JobsStorageURL == "" && c.Jobs.JobsQueueURL != "",
			"has no " + prefix + "JOBS_STORAGE_URL", "set the address of the account's blobs, or remove the queues"},
		{"JOBS_RETENTION", c.Jobs.JobsRetention < time.Hour || c.Jobs.JobsRetention > 90*24*time.Hour,
			"is out of range",
			"choose from 1h to 2160h"},
		{"AUDIT_CONTAINER", c.Audit.Container != "" && storage.CheckURL(c.Audit.Container) != nil,
			"is not the https address of a container",
			"write https://account.blob.core.windows.net/container, without a signature: the app's identity writes"},
	}
}

// checkKeys tries the rules about where keys are stored.
func (c *config) checkKeys(found *settingErrors) {
	mode, err := keyvault.ParseKeyMode(c.Keys.KeyMode)
	if err != nil {
		found.add(prefix+"KEY_MODE", "is not a mode", "choose auto, vault or memory")
	}
	if c.Keys.KeyURL == "" {
		return
	}
	if keyvault.CheckVaultURL(c.Keys.KeyURL) != nil {
		found.add(prefix+"KEY_URL", "is not the https address of a Managed HSM",
			"write https://name.managedhsm.azure.net: the host name, without port, path or query")
	}
	if mode == keyvault.KeysInMemory {
		found.add(prefix+"KEY_MODE", "rules out "+prefix+"KEY_URL",
			"choose auto or vault: no key leaves a Managed HSM")
	}
}

func guids(ids ...string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool { return !guid.Valid(id) })
}

func certificateNames(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !signing.ValidCertificateName(name) })
}

// variables maps the name of each field to the name of its setting without the prefix, because the
// parser's errors name fields. No two groups may have a field of the same name.
func variables() map[string]string {
	names := map[string]string{}
	collectVariables(reflect.TypeFor[config](), names)
	return names
}

func collectVariables(group reflect.Type, names map[string]string) {
	for field := range group.Fields() {
		name, ok := field.Tag.Lookup("env")
		switch {
		case !ok && field.Type.Kind() == reflect.Struct:
			collectVariables(field.Type, names)
		case name != "-":
			names[field.Name] = name
		}
	}
}
