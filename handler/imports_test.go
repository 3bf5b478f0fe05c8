package main_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "influxion/handler"

// allowances are what the production files of one folder may import beside the standard library.
type allowances struct {
	ours    []string // folders below handler
	modules []string // outside libraries, by module path
}

// importPolicy is the map of docs/architecture.md as a table: imports run one way, and every
// outside library is named in one package.
var importPolicy = map[string]allowances{
	".": {
		ours: []string{"internal/guid", "internal/idempotency", "internal/server", "internal/server/page",
			"internal/server/rate", "internal/server/trace", "internal/server/trigger", "internal/entra",
			"internal/keyvault", "internal/keyvault/connection", "internal/keyvault/material",
			"internal/trustservices", "internal/signing",
			"internal/pades", "internal/pades/algorithm",
			"internal/audit", "internal/storage", "internal/render", "internal/jobs"},
		modules: []string{"github.com/caarlos0/env/v11", "github.com/joho/godotenv"},
	},
	"internal/server": {
		ours: []string{
			"internal/audit", "internal/guid", "internal/idempotency", "internal/jobs", "internal/server/answer",
			"internal/server/csc",
			"internal/server/page", "internal/server/rate", "internal/server/request",
			"internal/server/request/memory", "internal/server/trace",
			"internal/signing", "internal/report", "internal/pades", "internal/pades/budget", "internal/render",
			"internal/render/archive",
		},
		modules: []string{"github.com/labstack/echo/v4", "golang.org/x/sync"},
	},
	"internal/server/answer":     {ours: []string{"internal/server/jsonstream", "internal/signing"}},
	"internal/server/jsonstream": {ours: []string{"internal/signing"}},
	"internal/server/trace":      {},
	"internal/server/trigger":    {},
	"internal/server/page":       {ours: []string{"internal/shell"}},
	"internal/server/rate":       {ours: []string{"internal/signing"}},
	"internal/server/request": {
		ours: []string{"internal/server/jsonstream", "internal/server/request/memory", "internal/signing",
			"internal/pades", "internal/pades/budget",
			"internal/render", "internal/render/archive", "internal/render/page"},
	},
	"internal/server/request/memory": {ours: []string{"internal/pades/budget", "internal/signing"}},
	"internal/jobs": {ours: []string{"internal/guid", "internal/signing", "internal/pades", "internal/render",
		"internal/render/archive"}},
	"internal/idempotency": {},
	"internal/render": {ours: []string{"internal/signing", "internal/pades/budget", "internal/render/archive",
		"internal/render/page", "internal/render/reference"}},
	"internal/render/archive": {ours: []string{"internal/signing", "internal/pades", "internal/pades/pdf"}},
	"internal/render/page": {
		ours:    []string{"internal/signing"},
		modules: []string{"github.com/boombuler/barcode", "github.com/go-playground/locales"},
	},
	"internal/render/reference": {
		ours:    []string{"internal/signing"},
		modules: []string{"github.com/tdewolff/parse/v2", "golang.org/x/net"},
	},
	"internal/server/csc": {ours: []string{"internal/pades/algorithm", "internal/signing"}},
	"internal/audit":      {ours: []string{"internal/guid", "internal/pades", "internal/signing"}},
	"internal/audit/verify": {ours: []string{"internal/audit", "internal/pades/algorithm", "internal/pades/cms",
		"internal/signing"}},
	"internal/storage": {
		ours: []string{"internal/guid", "internal/idempotency", "internal/jobs", "internal/render",
			"internal/render/page", "internal/signing"},
		modules: []string{"github.com/Azure/azure-sdk-for-go/sdk/azcore",
			"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob",
			"github.com/Azure/azure-sdk-for-go/sdk/storage/azqueue/v2"},
	},
	"internal/entra": {
		ours:    []string{"internal/guid", "internal/signing"},
		modules: []string{"github.com/coreos/go-oidc/v3", "github.com/go-json-experiment/json"},
	},
	"internal/keyvault": {
		ours: []string{"internal/keyvault/connection", "internal/keyvault/limiter", "internal/keyvault/material",
			"internal/signing"},
		modules: []string{
			"github.com/Azure/azure-sdk-for-go/sdk/azcore",
			"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates",
			"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys",
			"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets", "golang.org/x/crypto",
		},
	},
	"internal/keyvault/connection": {modules: []string{"github.com/Azure/azure-sdk-for-go/sdk/azcore",
		"github.com/Azure/azure-sdk-for-go/sdk/azidentity"}},
	"internal/keyvault/limiter":  {},
	"internal/keyvault/material": {ours: []string{"internal/keyvault/pkcs12", "internal/pades/certificate"}},
	"internal/keyvault/pkcs12":   {ours: []string{"internal/pades/ber"}, modules: []string{"golang.org/x/crypto"}},
	"internal/signing": {ours: []string{"internal/pades", "internal/pades/algorithm", "internal/pades/budget",
		"internal/pades/cms", "internal/pades/sign", "internal/pades/verify"}, modules: []string{"golang.org/x/sync"}},
	"internal/report": {ours: []string{"internal/pades"}},
	"internal/trustservices": {
		ours: []string{"internal/pades", "internal/pades/budget", "internal/pades/certificate", "internal/pades/cms",
			"internal/pades/revocation"},
		modules: []string{"golang.org/x/crypto", "golang.org/x/sync"},
	},
	"internal/pades": {ours: []string{"internal/pades/algorithm", "internal/pades/budget", "internal/pades/pdf",
		"internal/pades/cms",
		"internal/pades/revocation", "internal/pades/appearance"}},
	"internal/pades/form": {ours: []string{"internal/pades", "internal/pades/appearance", "internal/pades/pdf"}},
	"internal/pades/diff": {ours: []string{"internal/pades", "internal/pades/budget", "internal/pades/form",
		"internal/pades/pdf"}},
	"internal/pades/chain": {
		ours: []string{
			"internal/pades", "internal/pades/algorithm", "internal/pades/budget", "internal/pades/certificate",
			"internal/pades/cms",
			"internal/pades/pdf", "internal/pades/revocation",
		},
	},
	"internal/pades/verify": {
		ours: []string{
			"internal/pades", "internal/pades/algorithm", "internal/pades/budget", "internal/pades/chain",
			"internal/pades/cms",
			"internal/pades/diff", "internal/pades/form", "internal/pades/pdf",
		},
	},
	"internal/pades/sign": {
		ours: []string{
			"internal/pades", "internal/pades/appearance", "internal/pades/budget", "internal/pades/chain",
			"internal/pades/cms", "internal/pades/form", "internal/pades/pdf", "internal/pades/revocation",
			"internal/pades/sign/seedvalue", "internal/pades/sign/structure", "internal/pades/verify",
		},
	},
	"internal/pades/sign/seedvalue": {ours: []string{"internal/pades", "internal/pades/cms",
		"internal/pades/form", "internal/pades/pdf"}},
	"internal/pades/sign/structure": {ours: []string{"internal/pades", "internal/pades/pdf"}},
	"internal/pades/appearance": {
		ours:    []string{"internal/pades/pdf"},
		modules: []string{"github.com/go-fonts/dejavu", "golang.org/x/text"},
	},
	"internal/pades/budget":     {},
	"internal/pades/encryption": {modules: []string{"golang.org/x/text"}},
	"internal/pades/pdf": {ours: []string{"internal/pades/budget", "internal/pades/encryption",
		"internal/pades/pdf/bounds", "internal/pades/pdf/filter", "internal/pades/pdf/strict",
		"internal/pades/pdf/syntax", "internal/pades/pdf/xref"}},
	"internal/pades/pdf/xref":   {ours: []string{"internal/pades/pdf/bounds", "internal/pades/pdf/syntax"}},
	"internal/pades/pdf/strict": {ours: []string{"internal/pades/pdf/bounds", "internal/pades/pdf/syntax"}},
	"internal/pades/pdf/filter": {ours: []string{"internal/pades/pdf/bounds", "internal/pades/pdf/syntax"}},
	"internal/pades/pdf/syntax": {ours: []string{"internal/pades/pdf/bounds"}},
	"internal/pades/pdf/bounds": {ours: []string{"internal/pades/budget"}},
	"internal/pades/ber":        {modules: []string{"golang.org/x/crypto"}},
	"internal/pades/algorithm": {
		modules: []string{"github.com/ProtonMail/go-crypto", "github.com/cloudflare/circl", "golang.org/x/crypto"},
	},
	"internal/pades/certificate": {
		ours: []string{"internal/pades/algorithm", "internal/pades/ber"}, modules: []string{"golang.org/x/crypto"},
	},
	"internal/pades/cms": {
		ours:    []string{"internal/pades/algorithm", "internal/pades/ber", "internal/pades/certificate"},
		modules: []string{"golang.org/x/crypto"},
	},
	"internal/pades/revocation": {
		ours:    []string{"internal/pades/algorithm", "internal/pades/certificate"},
		modules: []string{"golang.org/x/crypto"},
	},
	"internal/guid":  {modules: []string{"github.com/google/uuid"}},
	"internal/shell": {},
	"client":         {modules: []string{"github.com/Azure/azure-sdk-for-go/sdk/azcore"}},
	"client/local": {ours: []string{"client", "internal/pades", "internal/pades/cms", "internal/signing",
		"internal/trustservices"}},
	"cmd/influxion": {
		ours: []string{
			"client", "client/local", "internal/audit/verify", "internal/pades", "internal/pades/verify",
			"internal/report", "internal/signing", "internal/storage",
			"cmd/influxion/internal/accesstoken", "cmd/influxion/internal/doctor",
			"cmd/influxion/internal/exit", "cmd/influxion/internal/input", "cmd/influxion/internal/jobresult",
			"cmd/influxion/internal/jobstate",
			"cmd/influxion/internal/manualpage", "cmd/influxion/internal/outfile",
			"cmd/influxion/internal/reportfile", "cmd/influxion/internal/settings",
			"cmd/influxion/internal/signin", "cmd/influxion/internal/suggestion",
			"cmd/influxion/internal/terminal", "cmd/influxion/internal/viewer",
			"cmd/influxion/internal/waiting",
		},
		modules: []string{
			"github.com/Azure/azure-sdk-for-go/sdk/azcore", "github.com/Azure/azure-sdk-for-go/sdk/azidentity",
			"github.com/spf13/cobra",
			"github.com/spf13/pflag",
		},
	},
	"cmd/influxion/internal/accesstoken": {},
	"cmd/influxion/internal/doctor": {
		ours: []string{
			"internal/guid", "internal/shell",
			"client", "internal/keyvault", "internal/keyvault/connection", "internal/signing",
			"cmd/influxion/internal/accesstoken", "cmd/influxion/internal/signin",
		},
		modules: []string{"github.com/Azure/azure-sdk-for-go/sdk/azcore"},
	},
	"cmd/influxion/internal/exit": {ours: []string{"client", "cmd/influxion/internal/signin"}},
	"cmd/influxion/internal/input": {ours: []string{"client", "cmd/influxion/internal/outfile"},
		modules: []string{"github.com/spf13/pflag"}},
	"cmd/influxion/internal/jobresult":  {ours: []string{"internal/pades"}},
	"cmd/influxion/internal/jobstate":   {ours: []string{"cmd/influxion/internal/outfile"}},
	"cmd/influxion/internal/manualpage": {modules: []string{"github.com/spf13/cobra", "github.com/spf13/pflag"}},
	"cmd/influxion/internal/suggestion": {modules: []string{"github.com/spf13/cobra", "github.com/spf13/pflag"}},
	"cmd/influxion/internal/reportfile": {
		ours: []string{"cmd/influxion/internal/input", "cmd/influxion/internal/outfile",
			"cmd/influxion/internal/terminal", "internal/pades", "internal/report"},
		modules: []string{"github.com/spf13/pflag"},
	},
	"cmd/influxion/internal/viewer":   {},
	"cmd/influxion/internal/waiting":  {ours: []string{"client"}},
	"cmd/influxion/internal/outfile":  {},
	"cmd/influxion/internal/settings": {modules: []string{"github.com/joho/godotenv"}},
	"cmd/influxion/internal/signin": {
		ours: []string{"cmd/influxion/internal/outfile"},
		modules: []string{"github.com/Azure/azure-sdk-for-go/sdk/azcore",
			"github.com/Azure/azure-sdk-for-go/sdk/azidentity"},
	},
	"cmd/influxion/internal/terminal": {modules: []string{"golang.org/x/term"}},

	// Tools and stand-ins: no package above may import them.
	"cmd/benchtable": {},
	"cmd/pack":       {},
	"cmd/release":    {},
	"cmd/renderer":   {},
	"cmd/hiddenchanges": {ours: []string{"internal/pades", "internal/pades/sign", "internal/pades/verify",
		"internal/pdftest/hiddenchange", "internal/pkitest"}},
	"cmd/sealmatrix": {
		ours: []string{"internal/keyvault", "internal/keyvaulttest", "internal/pades", "internal/pades/sign",
			"internal/pkitest", "internal/trustservices", "internal/trusttest"},
		modules: []string{"github.com/Azure/azure-sdk-for-go/sdk/azcore"},
	},
	"cmd/verifyfiles": {ours: []string{"internal/pades", "internal/pades/revocation", "internal/pades/verify"}},
	"cmd/localazure": {ours: []string{"internal/cloudtest", "internal/hosttest", "internal/pdftest", "internal/pkitest",
		"internal/rendertest", "internal/shell", "client"}},
	"cmd/hostile": {ours: []string{"internal/cloudtest", "internal/hostiletest", "internal/loadtest",
		"internal/pdftest", "internal/rendertest"}},
	"cmd/load": {ours: []string{"internal/cloudtest", "internal/keyvaulttest", "internal/loadtest",
		"internal/pdftest"}},
	"internal/loadtest": {
		ours:    []string{"internal/cloudtest", "internal/hosttest", "internal/pdftest"},
		modules: []string{"github.com/Azure/azure-sdk-for-go/sdk/azcore"},
	},
	"cmd/chaos": {
		ours: []string{"internal/blobtest", "internal/cloudtest", "internal/entratest", "internal/hosttest",
			"internal/keyvaulttest", "internal/pdftest", "internal/queuetest", "internal/trusttest"},
		modules: []string{"github.com/Azure/azure-sdk-for-go/sdk/azcore", "golang.org/x/crypto"},
	},
	"internal/hostiletest": {
		ours: []string{"internal/pades", "internal/pades/pdf", "internal/pades/sign", "internal/pdftest",
			"internal/pkitest"},
		modules: []string{"golang.org/x/crypto"},
	},
	"internal/storagetest":     {},
	"internal/blobtest":        {ours: []string{"internal/storagetest"}},
	"internal/queuetest":       {ours: []string{"internal/guid", "internal/storagetest"}},
	"internal/idempotencytest": {ours: []string{"internal/idempotency"}},
	"internal/jobstest":        {ours: []string{"internal/jobs", "internal/signing"}},
	"internal/rendertest":      {ours: []string{"internal/pdftest"}},
	"internal/clocktest":       {},
	"internal/logtest":         {},
	"internal/pkitest":         {},
	"internal/pdftest":         {},
	"internal/hosttest":        {ours: []string{"internal/guid"}},
	"internal/entratest":       {ours: []string{"internal/guid"}, modules: []string{"github.com/go-jose/go-jose/v4"}},
	"internal/keyvaulttest": {ours: []string{"internal/pades/cms"},
		modules: []string{"software.sslmate.com/src/go-pkcs12"}},
	"internal/trusttest": {ours: []string{"internal/pkitest"}, modules: []string{"golang.org/x/crypto"}},
	"internal/cloudtest": {
		ours: []string{"internal/guid", "internal/blobtest", "internal/entratest", "internal/keyvaulttest",
			"internal/pkitest", "internal/queuetest",
			"internal/hosttest", "internal/shell", "internal/storagetest", "internal/trusttest"},
		modules: []string{"github.com/Azure/azure-sdk-for-go/sdk/azcore",
			"github.com/Azure/azure-sdk-for-go/sdk/azidentity"},
	},
	"internal/pdftest/hiddenchange": {},
	"infratest":                     {},
}

func TestImportsFollowThePolicy(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{} // folders, and what each of them uses of its allowances
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		folder := path.Dir(filepath.ToSlash(name))
		rule, ok := importPolicy[folder]
		if !ok {
			t.Errorf("%s: folder %s is not in the policy", name, folder)
			return nil
		}
		seen[folder] = true
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			allowance, ok := rule.allows(imported)
			if !ok {
				t.Errorf("%s: got an import of %s, which %s may not name", name, imported, folder)
			}
			seen[folder+" "+allowance] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range slices.Sorted(maps.Keys(importPolicy)) {
		if !seen[folder] {
			t.Errorf("the policy names %s, which has no Go files", folder)
		}
		for _, allowance := range append(slices.Clone(importPolicy[folder].ours), importPolicy[folder].modules...) {
			if !seen[folder+" "+allowance] {
				t.Errorf("the policy allows %s in %s, which does not use it", allowance, folder)
			}
		}
	}
}

func TestThePolicyRefuses(t *testing.T) {
	t.Parallel()
	for _, forbidden := range []struct{ folder, imported string }{
		{"internal/server", module + "/internal/keyvault"},
		{"internal/entra", module + "/internal/server"},
		{"internal/signing", module + "/internal/entra"},
		{"internal/signing", module + "/internal/audit"},
		{"internal/audit", module + "/internal/storage"},
		{"internal/storage", module + "/internal/audit"},
		{"internal/pades", module + "/internal/signing"},
		{"internal/report", module + "/internal/pades/verify"},
		{"internal/report", module + "/internal/server"},
		{"internal/server/request", module + "/internal/server"},
		{"internal/server/request", "github.com/labstack/echo/v4"},
		{"internal/pades", module + "/internal/pades/form"},
		{"internal/pades/form", module + "/internal/pades/diff"},
		{"internal/pades/chain", module + "/internal/pades/diff"},
		{"internal/pades/verify", module + "/internal/pades/sign"},
		{".", module + "/internal/entratest"},
		{".", module + "/cmd/renderer"},
		{"internal/signing", "github.com/labstack/echo/v4"},
		{"internal/pades/cms", "golang.org/x/crypto2/x"},
	} {
		if _, allowed := importPolicy[forbidden.folder].allows(forbidden.imported); allowed {
			t.Errorf("got %s allowed in %s, want it refused", forbidden.imported, forbidden.folder)
		}
	}
}

// allows gives the allowance that an import falls under; the standard library needs none.
func (a allowances) allows(imported string) (allowance string, ok bool) {
	if ours, inside := strings.CutPrefix(imported, module+"/"); inside {
		return ours, slices.Contains(a.ours, ours)
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return "", true
	}
	for _, allowed := range a.modules {
		if imported == allowed || strings.HasPrefix(imported, allowed+"/") {
			return allowed, true
		}
	}
	return "", false
}
