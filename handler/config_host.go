package main

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
)

var hostname = regexp.MustCompile(`^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9a-f:]+\])(:[0-9]+)?$`)

// publicAddress is where clients call the app, from the platform's variable: https, or http on this
// machine. It is for descriptions alone: a value that is no host name counts as absent.
func publicAddress(host string) string {
	if !hostname.MatchString(host) {
		return ""
	}
	u := url.URL{Scheme: "https", Host: host}
	if address, err := netip.ParseAddr(u.Hostname()); u.Hostname() == "localhost" ||
		err == nil && address.IsLoopback() {
		u.Scheme = "http"
	}
	return u.String()
}

// disabledVariable matches the host's own setting that turns a function off, in the spellings of
// Windows and Linux.
var disabledVariable = regexp.MustCompile(`(?i)^AzureWebJobs(?:\.|__?)([A-Za-z0-9_-]+?)(?:\.|__?)Disabled$`)

// disabledFunctions are the functions that are turned off. The host would give their requests to
// the function that takes all paths. Therefore the handler has to heed the setting too.
func disabledFunctions(environ map[string]string) (functions []string) {
	for variable, value := range environ {
		name := disabledVariable.FindStringSubmatch(variable)
		off, err := strconv.ParseBool(value)
		if name != nil && (off || err != nil) { // an unreadable value turns the setting off
			functions = append(functions, name[1])
		}
	}
	slices.Sort(functions)
	return functions
}
