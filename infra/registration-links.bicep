// What Influxion API can only be told once it and its client exist: its Application ID URI, which holds its own client ID, and the clients
// that need no consent. The uniqueName is that of the application in registrations.bicep, so this updates it.
extension microsoftGraphV1

param apiName string
param apiClientId string
param clientId string
param pageClientId string
param scopes array

@description('ID of the scope access_as_user among them.')
param scopeId string

@description('Clients that need no consent already, as the registration has them.')
param clients array

@description('Application ID URIs that it has already.')
param uris array

var ownUris = ['api://${apiClientId}']
var allUris = union(ownUris, uris)

resource api 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: apiName
  displayName: 'Influxion API'
  identifierUris: allUris
  api: {
    requestedAccessTokenVersion: 2 // the whole of `api` again, whether an update merges or replaces it
    oauth2PermissionScopes: scopes
    preAuthorizedApplications: concat(filter(clients, other => !contains([clientId, pageClientId], other.appId)), [
      {
        appId: clientId
        delegatedPermissionIds: [scopeId]
      }
      {
        appId: pageClientId
        delegatedPermissionIds: [scopeId]
      }
    ])
  }
}

output audience string = ownUris[0] // Graph returns the URIs in any order
