//go:build !cgo && darwin

package signin

import (
	"errors"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// tokenCache always fails here, because the keychain of macOS needs cgo.
func tokenCache() (azidentity.Cache, error) {
	return azidentity.Cache{}, errors.New("this build cannot reach the keychain")
}
