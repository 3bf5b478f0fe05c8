package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
)

// printer prints one page in its own browser.
type printer struct {
	*connection
	page  *page
	limit int64 // bytes of the print

	frame   string // of the page itself
	loaded  bool
	strayed bool // the page navigated to another one
	names   map[string]string
	missing string // name of a file that did not load; "" = none
}

// ask is a set of parameters.
type ask map[string]any

// open opens an empty page that runs no scripts and reports each of its requests.
func (p *printer) open() error {
	var target struct {
		ID string `json:"targetId"`
	}
	if err := p.call("Target.createTarget", ask{"url": "about:blank"}, &target); err != nil {
		return err
	}
	var attached struct {
		Session string `json:"sessionId"`
	}
	if err := p.call("Target.attachToTarget", ask{"targetId": target.ID, "flatten": true}, &attached); err != nil {
		return err
	}
	p.session, p.frame = attached.Session, target.ID
	p.on, p.names = p.event, map[string]string{}
	for _, command := range []struct {
		method     string
		parameters ask
	}{
		{"Page.enable", ask{}},
		{"Network.enable", ask{}},
		{"Fetch.enable", ask{"patterns": []ask{{"urlPattern": "*"}}}},
		{"Emulation.setScriptExecutionDisabled", ask{"value": true}},
		{"Emulation.setEmulatedMedia", ask{"media": p.page.settings.media}},
	} {
		if err := p.call(command.method, command.parameters, nil); err != nil {
			return err
		}
	}
	return nil
}

// print loads the page and writes its print.
func (p *printer) print(to io.Writer) error {
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(p.page.folder, index))}
	var gone struct {
		Error string `json:"errorText"`
	}
	if err := p.call("Page.navigate", ask{"url": address.String()}, &gone); err != nil {
		return err
	}
	if gone.Error != "" && !p.strayed {
		return fmt.Errorf("load page: %.100q", gone.Error)
	}
	if err := p.wait(func() bool { return p.loaded || p.strayed }); err != nil {
		return fmt.Errorf("load page: %w", err)
	}
	// Fonts load only after the browser has laid out text in them, and the load event does not wait
	// for that.
	fonts := ask{"expression": "document.documentElement.offsetHeight; document.fonts.ready.then(() => true)",
		"awaitPromise": true, "returnByValue": true}
	if err := p.call("Runtime.evaluate", fonts, nil); err != nil {
		return err
	}
	var stream struct {
		Handle string `json:"stream"`
	}
	if err := p.verdict(); err != nil {
		return err
	}
	if err := p.call("Page.printToPDF", p.page.settings.printing, &stream); err != nil {
		return err
	}
	if err := p.verdict(); err != nil {
		return err
	}
	return p.copy(to, stream.Handle)
}

// verdict refuses a page that has left its own address, or whose files did not load although the
// form requires them.
func (p *printer) verdict() error {
	if p.strayed {
		return refuse(http.StatusConflict, "the page navigates to another one")
	}
	if p.missing != "" && p.page.settings.failOnMissing {
		return refuse(http.StatusConflict, "Chromium failed to load resources: %.100q", p.missing)
	}
	return nil
}

// copy writes what the browser has printed, within the limit.
func (p *printer) copy(to io.Writer, handle string) error {
	for written := int64(0); ; {
		var chunk struct {
			Data   string `json:"data"`
			Base64 bool   `json:"base64Encoded"`
			EOF    bool   `json:"eof"`
		}
		if err := p.call("IO.read", ask{"handle": handle, "size": printStep}, &chunk); err != nil {
			return err
		}
		data := []byte(chunk.Data)
		if chunk.Base64 {
			var err error
			if data, err = base64.StdEncoding.DecodeString(chunk.Data); err != nil {
				return fmt.Errorf("read print: %w", err)
			}
		}
		if written += int64(len(data)); written > p.limit {
			return refuse(http.StatusUnprocessableEntity, "the print has more than %d bytes", p.limit)
		}
		if _, err := to.Write(data); err != nil {
			return fmt.Errorf("write print: %w", err)
		}
		if chunk.EOF {
			return nil
		}
	}
}

// event handles an event that the browser reports about the page.
func (p *printer) event(method string, parameters json.RawMessage) error {
	var e struct {
		RequestID string `json:"requestId"`
		Canceled  bool   `json:"canceled"`
		Reason    string `json:"blockedReason"`
		Type      string `json:"resourceType"`
		Frame     string `json:"frameId"`
		Request   struct {
			URL string `json:"url"`
		} `json:"request"`
	}
	if err := json.Unmarshal(parameters, &e); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	switch method {
	case "Page.loadEventFired":
		p.loaded = true
	case "Network.requestWillBeSent":
		p.names[e.RequestID] = bareName(e.Request.URL)
	case "Network.loadingFailed":
		if !e.Canceled || e.Reason != "" {
			p.missing = p.names[e.RequestID]
			if p.missing == "" {
				p.missing = "a file"
			}
		}
	case "Fetch.requestPaused":
		if p.page.has(e.Request.URL) {
			return p.send("Fetch.continueRequest", ask{"requestId": e.RequestID})
		}
		if e.Type == "Document" && e.Frame == p.frame {
			p.strayed = true
		} else {
			p.missing = bareName(e.Request.URL)
		}
		return p.send("Fetch.failRequest", ask{"requestId": e.RequestID, "errorReason": "BlockedByClient"})
	}
	return nil
}

// has reports whether the page may load an address: one of its files, or a data: or about: address.
func (p *page) has(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	if u.Scheme == "data" || u.Scheme == "about" {
		return true
	}
	folder, name := path.Split(u.Path)
	return u.Scheme == "file" && u.Host == "" && path.Clean(folder) == filepath.ToSlash(p.folder) && p.files[name]
}

// bareName is the last element of an address, for a message.
func bareName(address string) string {
	if u, err := url.Parse(address); err == nil && u.Scheme != "data" {
		return path.Base(u.Path)
	}
	return "a data: address"
}
