package hosttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are the settings in the files of the script root.
type settings struct {
	root             string
	executable       string
	arguments        []string
	workingDirectory string
	proxying         bool
	forwarding       bool
	functionTimeout  time.Duration // 0 = without end
	functions        []Function    // sorted by name
	queues           queueOptions
}

// hostJSON is the part of host.json that this host uses.
type hostJSON struct {
	Version         string  `json:"version"`
	FunctionTimeout *string `json:"functionTimeout"`
	CustomHandler   *struct {
		Description struct {
			DefaultExecutablePath string   `json:"defaultExecutablePath"`
			WorkingDirectory      string   `json:"workingDirectory"`
			Arguments             []string `json:"arguments"`
		} `json:"description"`
		EnableProxyingHTTPRequest   bool `json:"enableProxyingHttpRequest"`
		EnableForwardingHTTPRequest bool `json:"enableForwardingHttpRequest"`
		HTTP                        *struct {
			Routes json.RawMessage `json:"routes"`
		} `json:"http"`
	} `json:"customHandler"`
	Extensions struct {
		HTTP struct {
			RoutePrefix *string `json:"routePrefix"`
		} `json:"http"`
		Queues queueJSON `json:"queues"`
	} `json:"extensions"`
	ExtensionBundle *struct {
		ID      string `json:"id"`
		Version string `json:"version"`
	} `json:"extensionBundle"`
}

// queueJSON is the queue part of host.json.
type queueJSON struct {
	BatchSize          *int    `json:"batchSize"`
	NewBatchThreshold  *int    `json:"newBatchThreshold"`
	MaxDequeueCount    *int    `json:"maxDequeueCount"`
	MaxPollingInterval *string `json:"maxPollingInterval"`
	VisibilityTimeout  *string `json:"visibilityTimeout"`
	MessageEncoding    string  `json:"messageEncoding"`
}

// maxManifest bounds host.json and function.json, in bytes.
const maxManifest = 1 << 20

func readSettings(root string, environ []string, say func(Level, string, ...any)) (*settings, error) {
	if root == "" {
		return nil, errors.New("no script root given")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("script root: %w", err)
	}
	var host hostJSON
	if err := readJSON(filepath.Join(root, "host.json"), &host); err != nil {
		return nil, err
	}
	if err := host.check(); err != nil {
		return nil, err
	}
	description := host.CustomHandler.Description
	s := &settings{
		root:             root,
		proxying:         host.CustomHandler.EnableProxyingHTTPRequest,
		forwarding:       host.CustomHandler.EnableForwardingHTTPRequest,
		executable:       findExecutable(root, expand(description.DefaultExecutablePath, environ)),
		workingDirectory: description.WorkingDirectory,
		functionTimeout:  defaultFunctionTimeout,
	}
	// The host joins the arguments into one command line without quoting, so a space in an argument
	// splits it.
	s.arguments = strings.Fields(expand(strings.Join(description.Arguments, " "), environ))
	if !filepath.IsAbs(s.workingDirectory) {
		s.workingDirectory = filepath.Join(root, s.workingDirectory)
	}
	if host.FunctionTimeout != nil {
		if s.functionTimeout, err = parseTimeSpan(*host.FunctionTimeout); err != nil {
			return nil, fmt.Errorf("host.json: functionTimeout: %w", err)
		}
	}
	if s.queues, err = host.Extensions.Queues.options(); err != nil {
		return nil, err
	}
	bundle := host.ExtensionBundle
	s.functions, err = readFunctions(root, folderRules{prefix: host.routePrefix(),
		extensions: bundle != nil && bundle.ID == "Microsoft.Azure.Functions.ExtensionBundle"}, say)
	return s, err
}

// check refuses what the host does not run.
func (h *hostJSON) check() error {
	switch {
	case h.Version != "2.0":
		return fmt.Errorf("host.json: version is %q, must be \"2.0\"", h.Version)
	case h.CustomHandler == nil || h.CustomHandler.Description.DefaultExecutablePath == "":
		return errors.New("host.json: customHandler.description.defaultExecutablePath is missing")
	case h.CustomHandler.HTTP != nil && h.CustomHandler.HTTP.Routes != nil:
		return errors.New("host.json: customHandler.http.routes cannot be used together with function.json files")
	}
	return nil
}

func (h *hostJSON) routePrefix() string {
	if h.Extensions.HTTP.RoutePrefix != nil {
		return strings.Trim(*h.Extensions.HTTP.RoutePrefix, "/")
	}
	return "api"
}

// mode returns the mode that the caller names, or else the mode of host.json.
func (s *settings) mode(override Mode) (Mode, error) {
	switch {
	case override == Proxy || override == Forward:
		return override, nil
	case override != "":
		return "", fmt.Errorf("mode %q: must be %q or %q", override, Proxy, Forward)
	case s.proxying:
		return Proxy, nil
	case s.forwarding:
		return Forward, nil
	}
	return "", errors.New("host.json: neither enableProxyingHttpRequest nor enableForwardingHttpRequest is set; " +
		"the payload mode that this implies is not supported here")
}

func readJSON(path string, target any) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil && info.Size() > maxManifest {
		err = fmt.Errorf("larger than %d bytes", maxManifest)
	}
	if err == nil {
		err = json.NewDecoder(file).Decode(target)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	return nil
}

var reference = regexp.MustCompile(`%[^%]+%`)

// expand replaces %NAME% by the app setting of that name. A name without a setting stays unchanged.
func expand(text string, environ []string) string {
	return reference.ReplaceAllStringFunc(text, func(reference string) string {
		name := strings.Trim(reference, "%") + "="
		for _, entry := range slices.Backward(environ) {
			if value, ok := strings.CutPrefix(entry, name); ok {
				return value
			}
		}
		return reference
	})
}

// findExecutable prefers a program in the script root; it leaves other names to the search path.
func findExecutable(root, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	if path := filepath.Join(root, name); fileExists(path) {
		return path
	}
	return name
}

func fileExists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

var timeSpan = regexp.MustCompile(`^(?:([0-9]{1,3})\.)?([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})$`)

// parseTimeSpan reads .NET's [d.]hh:mm:ss; "-1" means no end, which is 0 here.
func parseTimeSpan(text string) (time.Duration, error) {
	if text == "-1" {
		return 0, nil
	}
	parts := timeSpan.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%q is not hh:mm:ss", text)
	}
	var total time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi("0" + parts[i+1])
		total += time.Duration(n) * unit
	}
	if total == 0 {
		return 0, fmt.Errorf("%q is not a time", text)
	}
	return total, nil
}
