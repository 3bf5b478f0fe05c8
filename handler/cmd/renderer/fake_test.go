package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestMain lets the test binary also act as a browser.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "--remote-debugging-pipe") {
		f := &fake{in: bufio.NewReader(os.NewFile(3, "commands")), out: os.NewFile(4, "answers")}
		f.serve()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// fake is a browser that draws nothing. Its print is a JSON report of what it was told. A page sets
// the behaviour: <meta name="browser" content="hold 127.0.0.1:1234">.
type fake struct {
	in     *bufio.Reader
	out    *os.File
	report report
	rest   []byte // of the print
	manner []string
}

// report is what a fake was told.
type report struct {
	Arguments, Environ []string
	Page               string
	Printing           map[string]any
	Media              string
	Scripts            bool
	Answers            []string // to Fetch.requestPaused
}

var manners = regexp.MustCompile(`<meta name="browser" content="([^"]*)">`)

func (f *fake) serve() {
	f.report = report{Arguments: os.Args[1:], Environ: os.Environ(), Scripts: true}
	for {
		text, err := f.in.ReadBytes(0)
		if err != nil {
			return
		}
		var m struct {
			ID        int64
			Method    string
			SessionID string
			Params    map[string]any
		}
		if json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m) != nil {
			return
		}
		result := f.do(m.Method, m.Params)
		if result == nil {
			f.say(map[string]any{"id": m.ID, "error": map[string]any{"message": "no such method"}})
			continue
		}
		f.say(map[string]any{"id": m.ID, "sessionId": m.SessionID, "result": result})
		if m.Method == "Page.navigate" {
			f.load()
		}
	}
}

func (f *fake) say(message any) {
	text, _ := json.Marshal(message)
	f.out.Write(append(text, 0))
}

func (f *fake) event(method string, parameters map[string]any) {
	f.say(map[string]any{"method": method, "sessionId": "S", "params": parameters})
}

// do gives the result of a command; nil = it is unknown.
func (f *fake) do(method string, parameters map[string]any) map[string]any {
	result := map[string]any{}
	switch method {
	case "Target.createTarget":
		result["targetId"] = "T"
	case "Target.attachToTarget":
		result["sessionId"] = "S"
	case "Emulation.setScriptExecutionDisabled":
		f.report.Scripts = parameters["value"] != true
	case "Emulation.setEmulatedMedia":
		f.report.Media, _ = parameters["media"].(string)
	case "Fetch.continueRequest", "Fetch.failRequest":
		f.report.Answers = append(f.report.Answers, method)
	case "Page.navigate":
		address, _ := url.Parse(parameters["url"].(string))
		text, err := os.ReadFile(address.Path)
		if err != nil {
			result["errorText"] = err.Error()
		}
		f.report.Page = string(text)
		if found := manners.FindStringSubmatch(f.report.Page); found != nil {
			f.manner = strings.Fields(found[1])
		}
	case "Page.printToPDF":
		f.report.Printing = parameters
		result["stream"] = "1"
		f.rest, _ = json.Marshal(f.report)
	case "IO.read":
		chunk := f.rest[:min(1000, len(f.rest))]
		f.rest = f.rest[len(chunk):]
		result["data"], result["base64Encoded"] = base64.StdEncoding.EncodeToString(chunk), true
		result["eof"] = len(f.rest) == 0 && !slices.Contains(f.manner, "endless")
		if slices.Contains(f.manner, "endless") {
			f.rest = make([]byte, 2000)
		}
	case "Page.enable", "Network.enable", "Fetch.enable", "Runtime.evaluate":
	default:
		return nil
	}
	return result
}

// load does what Page.navigate starts.
func (f *fake) load() {
	if len(f.manner) == 0 {
		f.event("Page.loadEventFired", nil)
		return
	}
	switch f.manner[0] {
	case "hold": // until the test says so
		gate, err := net.Dial("tcp", f.manner[1])
		if err != nil {
			return
		}
		if _, err := gate.Read(make([]byte, 1)); err != nil {
			return
		}
	case "end":
		os.Stderr.WriteString("something of the page")
		os.Exit(1)
	case "babble":
		f.out.WriteString("no JSON\x00")
		return
	case "fail":
		f.event("Network.requestWillBeSent",
			map[string]any{"requestId": "1", "request": map[string]any{"url": f.manner[1]}})
		f.event("Network.loadingFailed", map[string]any{"requestId": "1", "canceled": f.manner[2] == "canceled"})
	case "ask":
		f.event("Fetch.requestPaused", map[string]any{"requestId": "1", "resourceType": f.manner[2],
			"frameId": f.manner[3], "request": map[string]any{"url": f.manner[1]}})
	}
	f.event("Page.loadEventFired", nil)
}
