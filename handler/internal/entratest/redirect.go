package entratest

import (
	"net/url"
	"slices"
)

// platform is the kind of a redirect URI: it decides whether the client can keep a secret.
type platform int

const (
	noPlatform platform = iota
	mobileAndDesktop
	web
	singlePage
)

// platformOf finds a redirect URI among those of a client. It compares byte for byte, except for
// the port of a loopback address in the mobile and desktop platform (RFC 8252 section 7.3).
func platformOf(client Client, redirect string) platform {
	switch {
	case slices.Contains(client.WebURIs, redirect):
		return web
	case slices.Contains(client.SinglePageURIs, redirect):
		return singlePage
	case slices.ContainsFunc(client.RedirectURIs,
		func(registered string) bool { return redirectMatches(registered, redirect) }):
		return mobileAndDesktop
	}
	return noPlatform
}

func redirectMatches(registered, redirect string) bool {
	if registered == redirect {
		return true
	}
	want, err := url.Parse(registered)
	if err != nil || want.Scheme != "http" || want.Hostname() != "localhost" && want.Hostname() != "127.0.0.1" {
		return false
	}
	// The text must equal what parsing returns: no user, fragment, empty port or other spelling.
	port := ""
	if got, err := url.Parse(redirect); err == nil && got.Port() != "" {
		port = ":" + got.Port()
	}
	loopback := *want
	loopback.Host = want.Hostname() + port
	if loopback.Path == "/" {
		loopback.Path = ""
	}
	return redirect == loopback.String() || loopback.Path == "" && redirect == loopback.String()+"/"
}
