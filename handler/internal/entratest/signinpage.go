package entratest

import (
	"crypto/rand"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// page names one of the pages that people see.
type page string

const (
	accountPage page = "account"
	consentPage page = "consent"
	adminPage   page = "admin"
	devicePage  page = "device"
	donePage    page = "done"
	postPage    page = "post"
	faultPage   page = "fault"
)

// pageData is what a page shows.
type pageData struct {
	Page    page
	Title   string
	Message string
	App     string // name and ID of the client
	Where   string // the redirect URI, for the person to judge
	Flow    string
	Users   []User
	Scopes  []string
	Target  string
	Fields  url.Values
	Nonce   string // of the one script
}

// The pages are XHTML, so that a test can read them with encoding/xml.
const pageText = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width"/><title>{{.Title}} - local Entra ID</title>
<style nonce="{{.Nonce}}">body{font:16px/1.5 sans-serif;max-width:34em;margin:3em auto;padding:0 1em}
button,input{font:inherit;padding:.4em .8em;margin:.2em 0}small{color:#555}</style></head>
<body><p><small>Local Entra ID: no identity provider. Nobody is asked for a password here; never type one.</small></p><h1>{{.Title}}</h1>
{{if .Message}}<p id="message">{{.Message}}</p>{{end}}
{{if .App}}<p>Application: <strong>{{.App}}</strong>{{if .Where}}, which gets the answer at {{.Where}}{{end}}</p>{{end}}
{{if eq .Page "account"}}<form method="post" action="/signin"><input type="hidden" name="flow" value="{{.Flow}}"/>
{{range .Users}}<p><button name="user" value="{{.ObjectID}}">{{.Name}}</button></p>{{end}}
<p><button name="decision" value="cancel">Cancel</button></p></form>
{{else if eq .Page "consent"}}<p>It wants, in your name:</p><ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<form method="post" action="/consent"><input type="hidden" name="flow" value="{{.Flow}}"/>
<button name="decision" value="accept">Accept</button> <button name="decision" value="cancel">Cancel</button></form>
{{else if eq .Page "admin"}}<form method="post" action="/consent"><input type="hidden" name="flow" value="{{.Flow}}"/>
<button name="decision" value="cancel">Return to the application without granting consent</button></form>
{{else if eq .Page "device"}}<form method="post" action="/devicelogin">
<p><label>Code: <input type="text" name="code" autocomplete="off"/></label> <button>Next</button></p></form>
{{else if eq .Page "post"}}<form method="post" action="{{.Target}}">
{{range $name, $values := .Fields}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}"/>{{end}}{{end}}
<button>Continue</button></form><script nonce="{{.Nonce}}">document.forms[0].submit()</script>{{end}}
</body></html>
`

// show writes a page that loads nothing and may not be framed or cached.
func (s *Server) show(w http.ResponseWriter, status int, which page, data pageData) {
	data.Page, data.Nonce = which, rand.Text()
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'nonce-"+data.Nonce+"'; script-src 'nonce-"+data.Nonce+
			"'; base-uri 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "same-origin") // no-referrer would make the Origin of the forms null
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = s.pages.Execute(w, data) // an error means that the browser has closed the connection
}

func parsePages() (*template.Template, error) { return template.New("page").Parse(pageText) }

// showFault shows a person an error that must not be sent to the client.
func (s *Server) showFault(w http.ResponseWriter, r *http.Request, fault *oauthError) {
	text := fault.fields(r, s.config.Now())["error_description"].(string)
	s.show(w, fault.status, faultPage, pageData{Title: "Sorry, but we're having trouble signing you in", Message: text})
}

// chooseAccount asks who signs in.
func (s *Server) chooseAccount(w http.ResponseWriter, flow signInFlow) {
	client, _ := s.client(flow.given.client)
	users := slices.Clone(s.config.Users)
	slices.SortStableFunc(users, func(a, b User) int { // the user that the client named comes first
		return strings.Compare(notHinted(flow.hint, a), notHinted(flow.hint, b))
	})
	s.show(w, http.StatusOK, accountPage, pageData{
		Title: "Pick an account", App: client.Name + " (" + client.ID + ")", Where: flow.to.uri, Users: users,
		Flow: s.issued.flows.issue(flow),
	})
}

func notHinted(hint string, user User) string {
	if strings.EqualFold(hint, user.Name) {
		return ""
	}
	return "other"
}

// askConsent asks the chosen person for consent, if people may consent for themselves.
func (s *Server) askConsent(w http.ResponseWriter, flow signInFlow, client Client, api API, names []string) {
	data := pageData{Title: "Permissions requested", App: client.Name + " (" + client.ID + ")", Where: flow.to.uri,
		Flow: s.issued.flows.issue(flow)}
	if s.config.NoUserConsent && len(names) > 0 {
		data.Title = "Need admin approval"
		data.Message = "AADSTS90094: " + client.Name +
			" needs permission to access resources in your organization that only an admin can grant."
		s.show(w, http.StatusOK, adminPage, data)
		return
	}
	for _, name := range names {
		data.Scopes = append(data.Scopes, api.ClientID+"/"+name)
	}
	s.show(w, http.StatusOK, consentPage, data)
}

// ServePages sets the address of the sign-in pages if it differs from the authority host, because
// browsers resolve that name to the real one. It changes the addresses in the documents and in
// device code answers.
func (s *Server) ServePages(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pagesAt = strings.TrimSuffix(url, "/")
}

func (s *Server) pagesURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pagesAt != "" {
		return s.pagesAt
	}
	return s.config.AuthorityHost
}
