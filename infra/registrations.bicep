// The three app registrations. None has a right on anything in Azure; what the client may do is call the API.
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
@description('Address of the page on which people seal and verify: https://<app>/api/.')
param pageUri string
@description('App roles for certificates: sign.<certificate>, sign.*, hash.<certificate>.')
param certificateRoles array

@description('What the registration of the API has already: appRoles, scopes, uris, clients, as infra/preprovision.sh reads it. It is declared again as it is.')
param registered object

var apiName = 'influxion-api-${token}'
var clientName = 'influxion-client-${token}'
var pageName = 'influxion-page-${token}'
// Microsoft Graph takes each list of a registration as a whole: what is not declared again is taken away, or stops the deployment, because
// a role or scope that is enabled cannot be removed. So what is there comes first, whoever made it and whatever its ID is, and only
// what is missing is added.
var there = union({ appRoles: [], scopes: [], uris: [], clients: [] }, registered)
var roleValues = map(there.appRoles, role => role.value)
var scopeValues = map(there.scopes, scope => scope.value)
var appRoles = concat(there.appRoles, filter(concat(callRoles, certificateAppRoles), role => !contains(roleValues, role.value)))
var allScopes = concat(there.scopes, filter(scopes, scope => !contains(scopeValues, scope.value)))
var roleId = first(filter(appRoles, role => role.value == 'access_as_application')).id
var scopeId = first(filter(allScopes, scope => scope.value == 'access_as_user')).id
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
    id: guid(apiName, 'access_as_application')
    value: 'access_as_application'
    allowedMemberTypes: ['Application']
    isEnabled: true
    displayName: 'Sign documents'
    description: 'Have documents signed without a user.'
  }
  {
    id: guid(apiName, 'jobs.read.*')
    value: 'jobs.read.*'
    allowedMemberTypes: ['User', 'Application']
    isEnabled: true
    displayName: 'Read all jobs'
    description: 'See the jobs of all callers, and their results.'
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
    oauth2PermissionScopes: allScopes
    preAuthorizedApplications: there.clients
  }
  appRoles: appRoles
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
        [{ id: scopeId, type: 'Scope' }],
        clientWithoutUser ? [{ id: roleId, type: 'Role' }] : []
      )
    }
  ]
}

resource clientPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: client.appId
}

// By this one people sign in on the page. Its code is redeemed by the page's own script, so it has no credential.
resource page 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: pageName
  displayName: 'Influxion Page'
  signInAudience: 'AzureADMyOrg'
  spa: {
    redirectUris: [pageUri]
  }
  requiredResourceAccess: [
    {
      resourceAppId: api.appId
      resourceAccess: [{ id: scopeId, type: 'Scope' }]
    }
  ]
}

resource pagePrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: page.appId
}

module links 'registration-links.bicep' = {
  name: 'registration-links'
  params: {
    apiName: apiName
    apiClientId: api.appId
    clientId: client.appId
    pageClientId: page.appId
    scopes: allScopes
    scopeId: scopeId
    clients: there.clients
    uris: there.uris
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
output pageClientId string = page.appId
output audience string = links.outputs.audience
