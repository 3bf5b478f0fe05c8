// The two app registrations. Neither has a right on anything in Azure; what the client may do is call the API.
//
// An application can't name its own client ID, and the API and its client name each other: so the API is declared here without both, and
// completed in registration-links.bicep by a second declaration of the same uniqueName, which updates the first.
extension microsoftGraphV1

@description('Makes the unique names of the registrations; the same token finds the same registrations again.')
param token string
param assignmentRequired bool
param callerIds array
param clientWithoutUser bool
param webRedirectUris array
@description('App roles for certificates: sign.<certificate>, sign.*, hash.<certificate>.')
param certificateRoles array

var apiName = 'influxion-api-${token}'
var clientName = 'influxion-client-${token}'
var roleId = guid(apiName, 'access_as_application')
var defaultAccess = '00000000-0000-0000-0000-000000000000' // assigned to the application, to none of its roles
var scopes = [
  {
    id: guid(apiName, 'access_as_user')
    value: 'access_as_user'
    type: 'User'
    isEnabled: true
    adminConsentDisplayName: 'Sign documents'
    adminConsentDescription: 'Have documents signed on behalf of the signed-in user.'
    userConsentDisplayName: 'Sign documents'
    userConsentDescription: 'Have documents signed on your behalf.'
  }
]

var callRoles = [
  {
    id: roleId
    value: 'access_as_application'
    allowedMemberTypes: ['Application']
    isEnabled: true
    displayName: 'Sign documents'
    description: 'Have documents signed without a user.'
  }
]
var certificateAppRoles = [
  for value in certificateRoles: {
    id: guid(apiName, value)
    value: value
    allowedMemberTypes: ['User', 'Application']
    isEnabled: true
    displayName: value
    description: 'Have documents signed: ${value}'
  }
]

resource api 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: apiName
  displayName: 'Influxion API'
  signInAudience: 'AzureADMyOrg'
  api: {
    requestedAccessTokenVersion: 2
    oauth2PermissionScopes: scopes
  }
  appRoles: concat(callRoles, certificateAppRoles)
}

resource apiPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: api.appId
  appRoleAssignmentRequired: assignmentRequired
}

resource client 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: clientName
  displayName: 'Influxion Client'
  signInAudience: 'AzureADMyOrg'
  isFallbackPublicClient: true // device code: it names no redirect URI to tell the kind of client by
  publicClient: {
    redirectUris: ['http://localhost'] // the browser on the user's own machine, on any port
  }
  web: {
    redirectUris: webRedirectUris
  }
  requiredResourceAccess: [
    {
      resourceAppId: api.appId
      resourceAccess: concat(
        [{ id: scopes[0].id, type: 'Scope' }],
        clientWithoutUser ? [{ id: roleId, type: 'Role' }] : []
      )
    }
  ]
}

resource clientPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: client.appId
}

module links 'registration-links.bicep' = {
  name: 'registration-links'
  params: {
    apiName: apiName
    apiClientId: api.appId
    clientId: client.appId
    scopes: scopes
  }
}

resource callers 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for callerId in callerIds: {
    appRoleId: defaultAccess
    principalId: callerId
    resourceId: apiPrincipal.id
  }
]

resource applicationRole 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (clientWithoutUser) {
  appRoleId: roleId
  principalId: clientPrincipal.id
  resourceId: apiPrincipal.id
}

output apiClientId string = api.appId
output clientId string = client.appId
output audience string = links.outputs.audience
