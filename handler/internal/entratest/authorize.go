package entratest

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Lifetimes of everything that leads to tokens, as in Entra ID.
const (
	flowLifetime    = time.Hour // of a page that waits for a person
	codeLifetime    = 10 * time.Minute
	refreshLifetime = 90 * 24 * time.Hour
)

// redirection is where the answer to an authorization request goes.
type redirection struct{ uri, mode, state string }

// signInFlow is an authorization request in progress on one of the pages.
type signInFlow struct {
	given     authorization // without a user until one is chosen
	device    string        // the device code; "" = not a device
	to        redirection
	platform  platform
	challenge string // S256, RFC 7636
	prompt    string
	hint      string
}

var s256 = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// authorizeEndpoint takes an authorization request (RFC 6749 section 4.1.1 with RFC 7636) and asks
// who signs in. Until it has checked that the redirect URI belongs to the client, it shows errors
// to the person and does not send them to the URI.
func (s *Server) authorizeEndpoint(w http.ResponseWriter, r *http.Request) {
	if fault := readForm(w, r); fault != nil {
		s.showFault(w, r, fault)
		return
	}
	tenant, query := strings.ToLower(r.PathValue("tenant")), r.Form
	if _, ok := s.userTenant(tenant); !ok {
		s.showFault(w, r, unknownTenant(tenant))
		return
	}
	client, fault := s.clientOf(query.Get("client_id"), tenant)
	if fault != nil {
		s.showFault(w, r, fault)
		return
	}
	flow := signInFlow{
		to:        redirection{query.Get("redirect_uri"), query.Get("response_mode"), query.Get("state")},
		platform:  platformOf(client, query.Get("redirect_uri")),
		challenge: query.Get("code_challenge"), prompt: query.Get("prompt"), hint: query.Get("login_hint"),
	}
	if flow.platform == noPlatform {
		s.showFault(w, r, invalid(50011,
			"The redirect URI '"+plain(flow.to.uri)+"' specified in the request does not match the redirect URIs "+
				"configured for the application '"+client.ID+
				"'. Make sure the redirect URI sent in the request matches one added to your "+
				"application in the Azure portal."))
		return
	}
	if fault := s.checkRequest(flow, query); fault != nil {
		s.answerFault(w, r, flow.to, fault)
		return
	}
	flow.given = s.authorize(tenant, client, User{}, query.Get("scope"), noCredential)
	flow.given.confidential, flow.given.nonce = flow.platform == web, query.Get("nonce")
	s.chooseAccount(w, flow)
}

// checkRequest checks the part of a request whose errors may be sent to the redirect URI.
func (s *Server) checkRequest(flow signInFlow, query url.Values) *oauthError {
	_, _, _, fault := s.askedFor(query.Get("scope"))
	switch {
	case query.Get("response_type") != "code":
		return &oauthError{http.StatusBadRequest, "unsupported_response_type", 700051,
			"response_type '" + plain(query.Get("response_type")) + "' is not enabled for the application."}
	case !slices.Contains([]string{"", "query", "fragment", "form_post"}, flow.to.mode):
		return invalid(70007, "'"+plain(flow.to.mode)+
			"' is not a supported value of 'response_mode' when requesting a token.")
	case query.Has("resource"):
		return invalid(901002, "The 'resource' request parameter is not supported.")
	case flow.challenge == "" && flow.platform != web:
		return invalid(9002325, "Proof Key for Code Exchange is required for this redirect URI.")
	case flow.challenge != "" && (query.Get("code_challenge_method") != "S256" || !s256.MatchString(flow.challenge)):
		return invalid(501491, "The code_challenge must be of the method S256.")
	case flow.prompt == "none":
		return &oauthError{http.StatusBadRequest, "login_required", 50058,
			"Session information is not sufficient for single-sign-on. This means that a user is not signed in."}
	case !slices.Contains([]string{"", "login", "select_account", "consent"}, flow.prompt):
		return invalid(90023, "Unsupported 'prompt' value.")
	}
	return fault
}

// signInChosen handles the choice on the account page.
func (s *Server) signInChosen(w http.ResponseWriter, r *http.Request) {
	flow, ok := s.flowOf(w, r)
	if !ok {
		return
	}
	if r.PostForm.Get("decision") == "cancel" {
		s.cancel(w, r, flow)
		return
	}
	i := slices.IndexFunc(s.config.Users, func(u User) bool { return u.ObjectID == r.PostForm.Get("user") })
	if i < 0 {
		s.showFault(w, r, invalid(50034, "The user account does not exist in the directory."))
		return
	}
	flow.given.user = s.config.Users[i]
	client, _ := s.client(flow.given.client)
	api, _, names, fault := s.askedFor(flow.given.scope)
	if fault == nil {
		names, fault = lacking(api, s.granted(client, api, flow.given.user), names)
	}
	switch {
	case fault != nil:
		s.fail(w, r, flow, fault)
	case len(names) > 0 || flow.prompt == "consent":
		s.askConsent(w, flow, client, api, names)
	default:
		s.finish(w, flow)
	}
}

// consentDecided handles the decision on the consent page.
func (s *Server) consentDecided(w http.ResponseWriter, r *http.Request) {
	flow, ok := s.flowOf(w, r)
	if !ok {
		return
	}
	if r.PostForm.Get("decision") != "accept" || s.config.NoUserConsent || flow.given.user.ObjectID == "" {
		s.cancel(w, r, flow)
		return
	}
	client, _ := s.client(flow.given.client)
	api, _, names, fault := s.askedFor(flow.given.scope)
	if fault == nil {
		names, fault = lacking(api, s.granted(client, api, flow.given.user), names)
	}
	if fault != nil {
		s.fail(w, r, flow, fault)
		return
	}
	s.allow(client, api, flow.given.user, names)
	s.finish(w, flow)
}

// flowOf removes the flow of a form from the store, so that each page can be answered only once.
func (s *Server) flowOf(w http.ResponseWriter, r *http.Request) (signInFlow, bool) {
	fault := readForm(w, r)
	if fault == nil {
		flow, state := s.issued.flows.use(r.PostForm.Get("flow"))
		if state == good {
			return flow, true
		}
		fault = invalid(165000, "The request is no longer valid: start to sign in again.")
	}
	s.showFault(w, r, fault)
	return signInFlow{}, false
}

// finish sends the code to the client, or completes the sign-in for the waiting device.
func (s *Server) finish(w http.ResponseWriter, flow signInFlow) {
	if flow.device != "" {
		s.issued.devices.change(flow.device, func(d *device) { d.given.user = flow.given.user })
		s.show(w, http.StatusOK, donePage,
			pageData{Title: "Signed in", Message: "You have signed in on your device. You may close this window."})
		return
	}
	code := s.issued.codes.issue(authCode{given: flow.given, redirect: flow.to.uri, challenge: flow.challenge,
		platform: flow.platform})
	s.answer(w, flow.to, url.Values{"code": {code}})
}

// cancel tells the client that the person declined.
func (s *Server) cancel(w http.ResponseWriter, r *http.Request, flow signInFlow) {
	if flow.device != "" {
		s.issued.devices.change(flow.device, func(d *device) { d.declined = true })
	}
	s.fail(w, r, flow,
		&oauthError{http.StatusBadRequest, "access_denied", 65004, "User declined to consent to access the app."})
}

// fail reports an error where the flow reports its outcome.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, flow signInFlow, fault *oauthError) {
	if flow.device != "" {
		s.showFault(w, r, fault)
		return
	}
	s.answerFault(w, r, flow.to, fault)
}

func (s *Server) answerFault(w http.ResponseWriter, r *http.Request, to redirection, fault *oauthError) {
	values := url.Values{}
	for _, name := range []string{"error", "error_description", "error_uri"} {
		values.Set(name, fault.fields(r, s.config.Now())[name].(string))
	}
	s.answer(w, to, values)
}

// answer redirects the browser back to the client (RFC 6749 section 4.1.2, OAuth 2.0 Form Post
// Response Mode).
func (s *Server) answer(w http.ResponseWriter, to redirection, values url.Values) {
	if to.state != "" {
		values.Set("state", to.state)
	}
	if to.mode == "form_post" {
		s.show(w, http.StatusOK, postPage, pageData{Title: "Working", Target: to.uri, Fields: values})
		return
	}
	target, separator := to.uri, "?"
	switch {
	case to.mode == "fragment":
		separator = "#"
	case strings.Contains(target, "?"):
		separator = "&"
	}
	w.Header().Set("Location", target+separator+values.Encode())
	w.WriteHeader(http.StatusFound)
}
