package cloudtest

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Visitor acts as a person at a browser, who follows the sign-in pages and presses their buttons.
type Visitor struct {
	Client  *http.Client // nil = one without a proxy
	Person  string       // user principal name
	Code    string       // the code that a device shows
	Decline bool         // presses Cancel wherever a page has it
}

// maxPages bounds the pages of one sign-in.
const maxPages = 10

// Visit opens an address and follows pages until one has no button. It returns the text of that
// page. A page that reports a fault is an error, so that the program that waits for the person
// learns of it; with a real browser the program would keep waiting.
func (v Visitor) Visit(ctx context.Context, address string) (string, error) {
	client := v.Client
	if client == nil {
		client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	for range maxPages {
		if err != nil {
			return "", err
		}
		response, err := client.Do(request)
		if err != nil {
			return "", fmt.Errorf("open a page: %w", err)
		}
		shown, err := readScreen(response)
		if err != nil {
			return "", err
		}
		form, ok := v.press(shown)
		if !ok && response.StatusCode >= http.StatusBadRequest {
			return "", fmt.Errorf("the sign-in ends with %s: %s", response.Status, shown.text)
		}
		if !ok {
			return shown.text, nil
		}
		if request, err = submit(ctx, response.Request.URL, shown.action, form); err != nil {
			return "", err
		}
	}
	return "", errors.New("the sign-in does not end: perhaps the code is wrong")
}

// submit sends a form as a browser does.
func submit(ctx context.Context, page *url.URL, action string, form url.Values) (*http.Request, error) {
	target, err := page.Parse(action)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", page.Scheme+"://"+page.Host)
	return request, nil
}

// screen is the visible text of a page, and its form.
type screen struct {
	text    string
	action  string
	hidden  url.Values
	entry   string // name of the text field
	buttons []button
}

type button struct{ name, value, label string }

// press fills in the form of a page and chooses the button.
func (v Visitor) press(s screen) (url.Values, bool) {
	if len(s.buttons) == 0 {
		return nil, false
	}
	chosen := s.buttons[0]
	for _, b := range s.buttons {
		if v.Decline && b.value == "cancel" || !v.Decline && b.label == v.Person {
			chosen = b
		}
	}
	if chosen.name != "" {
		s.hidden.Set(chosen.name, chosen.value)
	}
	if s.entry != "" {
		s.hidden.Set(s.entry, v.Code)
	}
	return s.hidden, true
}

// readScreen parses a page. Our pages are XHTML. For any other page it only has to notice that the
// page has no form.
func readScreen(response *http.Response) (screen, error) {
	defer response.Body.Close()
	s := screen{hidden: url.Values{}}
	decoder := xml.NewDecoder(io.LimitReader(response.Body, 1<<20))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var silent, pressing bool
	for {
		token, err := decoder.Token()
		if err != nil { // the end, or content that is no page
			s.text = strings.Join(strings.Fields(s.text), " ")
			return s, nil
		}
		switch element := token.(type) {
		case xml.StartElement:
			silent = silent || element.Name.Local == "style" || element.Name.Local == "script"
			pressing = element.Name.Local == "button"
			s.add(element)
		case xml.EndElement:
			silent, pressing = false, false
		case xml.CharData:
			if pressing {
				s.buttons[len(s.buttons)-1].label += string(element)
			}
			if !silent {
				s.text += string(element)
			}
		}
	}
}

func (s *screen) add(element xml.StartElement) {
	attributes := map[string]string{}
	for _, attribute := range element.Attr {
		attributes[attribute.Name.Local] = attribute.Value
	}
	switch element.Name.Local {
	case "form":
		s.action = attributes["action"]
	case "button":
		s.buttons = append(s.buttons, button{attributes["name"], attributes["value"], ""})
	case "input":
		if attributes["type"] == "hidden" {
			s.hidden.Add(attributes["name"], attributes["value"])
		} else {
			s.entry = attributes["name"]
		}
	}
}
