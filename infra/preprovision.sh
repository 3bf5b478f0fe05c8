#!/usr/bin/env bash
# What azd does before infra/main.bicep: reads what the API's registration has, roles, scopes, URIs and clients that somebody made by hand
# included, so that the template declares it again. Microsoft Graph takes each of these lists as a whole. A first deployment has none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[[ -n ${INFLUXION_AZURE_API_CLIENT_ID:-} ]] || exit 0
registered=$(az ad app show --id "$INFLUXION_AZURE_API_CLIENT_ID" --output json --query "{
appRoles: appRoles[].{id: id, value: value, displayName: displayName, description: description, isEnabled: isEnabled,
 allowedMemberTypes: allowedMemberTypes},
scopes: api.oauth2PermissionScopes[].{id: id, value: value, type: type, isEnabled: isEnabled,
 adminConsentDisplayName: adminConsentDisplayName, adminConsentDescription: adminConsentDescription,
 userConsentDisplayName: userConsentDisplayName, userConsentDescription: userConsentDescription},
uris: identifierUris,
clients: api.preAuthorizedApplications[].{appId: appId, delegatedPermissionIds: delegatedPermissionIds}}")
azd env set REGISTERED_API "$(tr -d '\n' <<<"$registered")"
