package page_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"influxion/handler/internal/server/page"
)

const style = "'sha256-abc='"

func newPage(t *testing.T, config page.Config) *page.Page {
	t.Helper()
	description, err := os.ReadFile("../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	p, err := page.New(config, description, style)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func docs(t *testing.T, p *page.Page) page.File {
	t.Helper()
	file, err := p.Docs()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func whole() page.Config {
	return page.Config{ClientID: "client", AuthorityHost: "https://authority.example", TenantID: "tenant",
		Scope: "api://influxion/.default", Level: "B-LT", MaxDocumentBytes: 1000, Version: "1.2.3"}
}

// rules gives the rules of a Content-Security-Policy by their names.
func rules(header http.Header) map[string]string {
	found := map[string]string{}
	for rule := range strings.SplitSeq(header.Get("Content-Security-Policy"), "; ") {
		name, sources, _ := strings.Cut(rule, " ")
		found[name] = sources
	}
	return found
}

// Without unsafe-inline, eval or another origin, no script but ours can run. The authority is the
// only origin to connect to.
func TestPolicy(t *testing.T) {
	t.Parallel()
	p := newPage(t, whole())
	script, _ := p.Static("app.js")
	for name, file := range map[string]page.File{"index": p.Index(), "docs": docs(t, p), "script": script} {
		got := rules(file.Header)
		for rule, want := range map[string]string{"default-src": "'none'", "script-src": "'self'", "img-src": "'self'",
			"base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
			"require-trusted-types-for": "'script'", "trusted-types": "'none'"} {
			if got[rule] != want {
				t.Errorf("%s: got %s %q, want %q", name, rule, got[rule], want)
			}
		}
		connect, styles := got["connect-src"], got["style-src"]
		if name == "index" && (connect != "'self' https://authority.example" || styles != "'self' "+style) {
			t.Errorf("got the page connect to %q with the styles %q", connect, styles)
		}
		if name != "index" && (connect != "" || styles != "'self'") {
			t.Errorf("%s: got connect-src %q and style-src %q, want no more than it needs", name, connect, styles)
		}
	}
	if got := rules(
		newPage(t,
			page.Config{AuthorityHost: "https://authority.example"}).Index().Header); got["connect-src"] != "'self'" {
		t.Errorf("got connect-src %q without a sign-in, want itself alone", got["connect-src"])
	}
}

var (
	inline = regexp.MustCompile(`(?i)<script(?:>|[^>]*[^>]>[^<])|<style|\sstyle=|\son[a-z]+=|javascript:`)
	// loaded matches what a page loads or links to.
	loaded = regexp.MustCompile(`(?:src|href)="([^"#]*)[^"]*"`)
	// imported matches what a script imports.
	imported = regexp.MustCompile(`(?m)^import .*'\./([a-z]+\.js)';$`)
)

// Every file that the pages and scripts load exists, and every file is loaded.
func TestFilesAreThere(t *testing.T) {
	t.Parallel()
	p := newPage(t, whole())
	used := []string{}
	for name, file := range map[string]page.File{"index": p.Index(), "docs": docs(t, p)} {
		if found := inline.FindString(string(file.Body)); found != "" {
			t.Errorf("%s: got %q, which the page's own policy forbids", name, found)
		}
		for _, link := range loaded.FindAllStringSubmatch(string(file.Body), -1) {
			if file, ok := strings.CutPrefix(link[1], "page/"); ok {
				used = append(used, file)
			} else if !slices.Contains([]string{"", "./", "docs", "openapi.json"}, link[1]) {
				t.Errorf("%s: got a link to %q, want only what is there", name, link[1])
			}
		}
	}
	files, err := filepath.Glob("static/*")
	if err != nil || len(files) < 8 {
		t.Fatalf("got the files %v (%v)", files, err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, module := range imported.FindAllStringSubmatch(string(text), -1) {
			used = append(used, module[1])
		}
	}
	for _, path := range files {
		name := filepath.Base(path)
		file, ok := p.Static(name)
		if !ok || !slices.Contains(page.MediaTypes(), file.MediaType) {
			t.Errorf("%s: got media type %q, want one of %v", name, file.MediaType, page.MediaTypes())
		}
		if !slices.Contains(used, name) {
			t.Errorf("got %s, which nothing loads", name)
		}
	}
	for _, name := range used {
		if _, ok := p.Static(name); !ok {
			t.Errorf("got %s loaded, which is not there", name)
		}
	}
}

// The value of a setting appears as text on the page, whatever it is.
func TestSettingsAreText(t *testing.T) {
	t.Parallel()
	hostile := `"><img src=x onerror=alert(1)>'</script>{{.}}`
	config := whole()
	config.Scope, config.Version, config.Level, config.TenantID = hostile, hostile, hostile, hostile
	index := string(newPage(t, config).Index().Body)
	if strings.Contains(index, "<img src=x") || strings.Contains(index, "</script>{{") {
		t.Errorf("got markup out of a setting:\n%s", index)
	}
	_, rest, _ := strings.Cut(index, `name="influxion" content="`)
	text, _, _ := strings.Cut(rest, `"`)
	var settings map[string]any
	unescaped := strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&amp;", "&", "&#43;", "+").Replace(text)
	if err := json.Unmarshal([]byte(unescaped), &settings); err != nil || settings["scope"] != hostile ||
		settings["authorize"] != "https://authority.example/"+hostile+"/oauth2/v2.0/authorize" {
		t.Errorf("got the settings %q (%v), want what was set", unescaped, err)
	}
}

// Without a client ID nobody can sign in: the page says so, and its scripts have no address for it.
func TestWithoutSignIn(t *testing.T) {
	t.Parallel()
	config := whole()
	config.ClientID = ""
	index := string(newPage(t, config).Index().Body)
	if !strings.Contains(index, "INFLUXION_PAGE_CLIENT_ID") || strings.Contains(index, `id="sign-in"`) ||
		strings.Contains(index, "authority.example") {
		t.Errorf("got a sign-in, want a page that says that there is none:\n%s", index)
	}
}

// The page for developers shows every operation of the API once, with a call in each form.
func TestDocsHaveEveryOperation(t *testing.T) {
	t.Parallel()
	var api struct {
		Paths map[string]map[string]struct {
			OperationID string
			RequestBody struct{ Content map[string]json.RawMessage }
		}
	}
	text, err := os.ReadFile("../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &api); err != nil {
		t.Fatal(err)
	}
	shownDocs := string(docs(t, newPage(t, whole())).Body)
	articles := map[string]string{}
	for _, article := range strings.Split(shownDocs, "<article ")[1:] {
		_, id, _ := strings.Cut(article, `id="`)
		id, _, _ = strings.Cut(id, `"`)
		articles[id] = article
	}
	shown := 0
	for path, item := range api.Paths {
		for method, operation := range item {
			if method == "head" {
				continue // of the same operation with GET
			}
			shown++
			article := articles[operation.OperationID]
			if !strings.Contains(strings.ReplaceAll(article, "<wbr>", ""), "<code>"+path+"</code>") {
				t.Errorf("got no %s on the page", operation.OperationID)
			}
			if got, want := strings.Count(article, "<pre "), max(1, len(operation.RequestBody.Content)); got != want {
				t.Errorf("got %d calls of %s, want %d", got, operation.OperationID, want)
			}
			// A call with the document as it is can be typed; one in base64 cannot.
			first, _, _ := strings.Cut(article[strings.Index(article, "<pre "):], "</pre>")
			if _, other := operation.RequestBody.Content["multipart/form-data"]; other &&
				strings.Contains(first, "application/json") {
				t.Errorf("got a call of %s with JSON first, want it last", operation.OperationID)
			}
		}
	}
	if len(articles) != shown || shown < 15 {
		t.Errorf("got %d operations on the page, want %d", len(articles), shown)
	}
	for _, want := range []string{
		"--data-binary @document.pdf \\\n     &#39;https://HOST/api/sign?level=B-LTA&amp;reason=Approved&#39; " +
			"-o answer.pdf",
		"-F level=B-LTA \\\n     -F reason=Approved \\\n     -F document=@document.pdf \\\n     " +
			"https://HOST/api/sign " +
			"-o answer.pdf",
		"https://HOST/api/certificates/company-seal</code>",
		"curl --fail-with-body https://HOST/api/openapi.json</code>",
		`<code>certificate</code>`, `B-B | B-T | B-LT | B-LTA`, `<code>document</code> <span class="tag">required</span>`,
	} {
		if !strings.Contains(shownDocs, want) {
			t.Errorf("got no %q on the page", want)
		}
	}
}

func TestCheckAuthority(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://login.microsoftonline.com": true, "https://login.example:8443": true, "http://127.0.0.1:7072": true,
		"http://[::1]:7072": true,
		"":                  false, "login.microsoftonline.com": false, "http://login.microsoftonline.com": false,
		"http://localhost:7072": false, "https://host/": false, "https://host/tenant": false,
		"https://user@host": false,
		"https://host?x":    false, "https://host#x": false, "https://*": false, "https://host; script-src *": false,
		"https://host,https://other": false, "https://'self'": false, "javascript://host": false,
		"http://127.0.0.1.example": false,
		"https://":                 false, "HTTPS://host": false,
	} {
		if err := page.CheckAuthority(address); (err == nil) != want {
			t.Errorf("got %v for %q, want good = %v", err, address, want)
		}
	}
}
