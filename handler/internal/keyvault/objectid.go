package keyvault

import (
	"errors"
	"net/url"
	"strings"

	"influxion/handler/internal/signing"
)

// versionedID parses https://<vault>/<collection>/<name>/<version>. The SDK's own parsers panic on
// an ID without a name.
func versionedID(collection string, id *string) (name, version string, err error) {
	name, version, err = splitID(collection, id)
	if err != nil {
		return "", "", err
	}
	if !signing.ValidCertificateVersion(version) {
		return "", "", errors.New("its ID has no version")
	}
	return name, version, nil
}

func splitID(collection string, id *string) (name, rest string, err error) {
	if id == nil {
		return "", "", errors.New("it has no ID")
	}
	u, err := url.Parse(*id)
	if err != nil {
		return "", "", errors.New("its ID is not a URL")
	}
	path, ok := strings.CutPrefix(u.Path, "/"+collection+"/")
	name, rest, _ = strings.Cut(path, "/")
	if !ok || !signing.ValidCertificateName(name) {
		return "", "", errors.New("its ID names no " + strings.TrimSuffix(collection, "s"))
	}
	return name, rest, nil
}

// hostOfID returns the host of an ID that splitID has accepted.
func hostOfID(id *string) string {
	u, err := url.Parse(*id)
	if err != nil {
		return ""
	}
	return u.Host
}
