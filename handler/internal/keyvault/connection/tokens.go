package connection

import (
	"context"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Tokens returns a function that gets access tokens for a scope of another service. The credential
// caches the tokens. The function is safe for concurrent use.
func Tokens(credential azcore.TokenCredential, scope string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
		if err != nil {
			return "", fmt.Errorf("get access token: %w", err)
		}
		return token.Token, nil
	}
}
