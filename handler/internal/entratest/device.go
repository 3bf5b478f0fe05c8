package entratest

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Times of the device authorization grant, as in Entra ID.
const (
	deviceLifetime = 15 * time.Minute
	pollInterval   = 5 * time.Second
)

// The letters of user codes: no vowels, nothing that looks like another (RFC 8628 section 6.1).
const userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"

// device is a device that waits for a person. Its authorization has no user until the person signs
// in.
type device struct {
	given    authorization
	userCode string
	polled   time.Time
	declined bool
}

// deviceCode is the device authorization endpoint (RFC 8628 section 3.1).
func (s *Server) deviceCode(w http.ResponseWriter, r *http.Request) {
	given, fault := s.deviceRequest(w, r)
	if fault != nil {
		s.refuse(w, r, fault)
		return
	}
	userCode := newUserCode()
	code := s.issued.devices.issue(device{given: given, userCode: userCode})
	page := s.pagesURL() + "/devicelogin"
	writeJSON(w, http.StatusOK, map[string]any{
		"user_code": userCode, "device_code": code, "verification_uri": page,
		"expires_in": int(deviceLifetime / time.Second),
		"interval":   int(pollInterval / time.Second),
		"message": fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to "+
			"authenticate.", page, userCode),
	})
}

func (s *Server) deviceRequest(w http.ResponseWriter, r *http.Request) (authorization, *oauthError) {
	if fault := readForm(w, r); fault != nil {
		return authorization{}, fault
	}
	tenant := strings.ToLower(r.PathValue("tenant"))
	if _, ok := s.userTenant(tenant); !ok {
		return authorization{}, unknownTenant(tenant)
	}
	client, fault := s.clientOf(r.PostForm.Get("client_id"), tenant)
	if fault != nil {
		return authorization{}, fault
	}
	if !client.public() {
		return authorization{}, notPublic()
	}
	scope := r.PostForm.Get("scope")
	if _, _, _, fault := s.askedFor(scope); fault != nil {
		return authorization{}, fault
	}
	return s.authorize(tenant, client, User{}, scope, noCredential), nil
}

func newUserCode() string {
	random, code := rand.Text(), make([]byte, 9)
	for i := range code {
		code[i] = userCodeLetters[int(random[i])%len(userCodeLetters)]
	}
	return string(code)
}

// grantDevice answers the polls of a device (RFC 8628 section 3.4 and 3.5).
func (s *Server) grantDevice(r *http.Request, tenant string) (map[string]any, *oauthError) {
	client, fault := s.clientOf(r.PostForm.Get("client_id"), tenant)
	if fault != nil {
		return nil, fault
	}
	if !client.public() {
		return nil, notPublic()
	}
	code := r.PostForm.Get("device_code")
	if code == "" {
		return nil, missing("device_code")
	}
	found, state := s.issued.devices.look(code)
	switch {
	case state == unknown || found.given.client != client.ID:
		return nil, &oauthError{http.StatusBadRequest, "bad_verification_code", 70019, "Verification code is invalid."}
	case state == expired:
		return nil, &oauthError{http.StatusBadRequest, "expired_token", 70020,
			"The provided value for the input parameter 'device_code' is not valid. This device code has expired."}
	case state == used:
		return nil, invalidGrant(54005, "The device code was already redeemed, please retry with a new one.")
	case found.declined:
		return nil, &oauthError{http.StatusBadRequest, "authorization_declined", 65004,
			"User declined to consent to access the app."}
	case found.given.user.ObjectID == "":
		return nil, s.pending(code, found)
	}
	// If two polls arrive at the same time, only one gets the tokens.
	if _, state := s.issued.devices.use(code); state != good {
		return nil, invalidGrant(54005, "The device code was already redeemed, please retry with a new one.")
	}
	return s.userTokens(r, client, noCredential, found.given)
}

// pending tells a device to wait, or to slow down if it polls too often.
func (s *Server) pending(code string, found device) *oauthError {
	now := s.config.Now()
	s.issued.devices.change(code, func(d *device) { d.polled = now })
	if !found.polled.IsZero() && now.Sub(found.polled) < pollInterval {
		return &oauthError{http.StatusBadRequest, "slow_down", 70016,
			"OAuth 2.0 device flow error. The device asks too often."}
	}
	return &oauthError{http.StatusBadRequest, "authorization_pending", 70016,
		"OAuth 2.0 device flow error. Authorization is pending. Continue polling."}
}

// deviceLogin shows the page on which a person enters the code that the device shows; deviceEntered
// handles the code.
func (s *Server) deviceLogin(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, devicePage, pageData{Title: "Enter code"})
}

func (s *Server) deviceEntered(w http.ResponseWriter, r *http.Request) {
	if fault := readForm(w, r); fault != nil {
		s.showFault(w, r, fault)
		return
	}
	entered := strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(r.PostForm.Get("code")))
	code, found, ok := s.issued.devices.find(func(d device) bool {
		return d.userCode == entered && d.given.user.ObjectID == "" && !d.declined
	})
	if !ok {
		s.show(w, http.StatusOK, devicePage,
			pageData{Title: "Enter code", Message: "That code is wrong or has expired. Enter the code again."})
		return
	}
	s.chooseAccount(w, signInFlow{given: found.given, device: code})
}
