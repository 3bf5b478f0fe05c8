//go:build cgo || !darwin

package signin

import (
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity/cache"
)

// tokenCache is the operating system's store for tokens: DPAPI, the keychain, or the kernel's key
// ring.
func tokenCache() (azidentity.Cache, error) { return cache.New(&cache.Options{Name: "influxion"}) }
