//go:build !cgo && darwin

package signin

import (
	"errors"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// tokenCache has no keychain: reaching it takes C.
func tokenCache() (azidentity.Cache, error) {
	return azidentity.Cache{}, errors.New("this build cannot reach the keychain")
}
