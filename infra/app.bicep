// The Function App on Flex Consumption, with the storage that its host needs. No key and no connection string: the app's own identity
// opens the storage and writes the logs.
param location string
param tags object
param token string
param insightsName string

@description('Settings of the handler.')
param settings object

@description('Network of the deployment, from main.bicep: private or not, the subnet of endpoints, allowed addresses, DNS zones.')
param network object

@description('ID of the workspace for the platform\'s own log. Empty: none.')
param workspaceId string

@description('False: the app is reached by a private endpoint alone.')
param publicApp bool

@description('Address of the queues of jobs, which the Functions host listens to with the app\'s identity.')
param jobsQueueURL string

@description('Instances, their memory, their requests at a time, their zones, how they are replaced; from main.bicep.')
param scale object

var package = 'package'
var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner: the host's leases and the package
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor: the host's diagnostic events
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'st${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: scale.zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
  }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: network.private && empty(network.allowedAddresses) ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: network.private ? 'Deny' : 'Allow'
      ipRules: map(network.allowedAddresses, address => { value: address })
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: storage
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: package
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true // Linux
    zoneRedundant: scale.zoneRedundant
  }
}

resource site 'Microsoft.Web/sites@2024-04-01' = {
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: publicApp ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: network.private ? network.appSubnetId : null
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
    }
    functionAppConfig: union({
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${container.name}'
          authentication: {
            type: 'SystemAssignedIdentity'
          }
        }
      }
      runtime: {
        name: 'custom'
        version: '1.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: scale.memory
        maximumInstanceCount: scale.maximum
        alwaysReady: scale.alwaysReady == 0 ? [] : [{ name: 'http', instanceCount: scale.alwaysReady }]
        triggers: scale.concurrency == 0 ? null : { http: { perInstanceConcurrency: scale.concurrency } }
      }
    }, empty(scale.updates) ? {} : { siteUpdateStrategy: { type: scale.updates } })
  }
  dependsOn: [storageEndpoints] // the host opens its storage as soon as it starts
}

module storageEndpoints 'endpoint.bicep' = [
  for part in (network.private ? ['blob', 'queue', 'table'] : []): {
    name: 'storage-endpoint-${part}'
    params: {
      location: location
      tags: tags
      name: 'pe-${part}-${token}'
      subnetId: network.endpointSubnetId
      targetId: storage.id
      part: part
      zoneId: network.zoneIds[part]
    }
  }
]

module appEndpoint 'endpoint.bicep' = if (network.private && !publicApp) {
  name: 'app-endpoint'
  params: {
    location: location
    tags: tags
    name: 'pe-app-${token}'
    subnetId: network.endpointSubnetId
    targetId: site.id
    part: 'sites'
    zoneId: network.zoneIds.sites
  }
}

// Publishing takes a token, never a user name and password.
resource publishingByFTP 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource publishingByPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}

resource openStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, site.id, blobDataOwner)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataOwner)
    principalId: site.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource writeEvents 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, site.id, tableDataContributor)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableDataContributor)
    principalId: site.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource writeLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, site.id, metricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    principalId: site.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: site
  name: 'appsettings'
  properties: union(settings, {
    AzureWebJobsStorage__accountName: storage.name
    Jobs__queueServiceUri: jobsQueueURL
    Jobs__credential: 'managedidentity'
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD'
    AzureWebJobsDisableHomepage: 'true' // nothing of the platform's own at the root
  })
  dependsOn: [openStorage] // the settings restart the host, which opens its storage
}

// What the platform says of the app, beside the app's own log. Each line of the handler is in it once more.
resource platformLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(workspaceId)) {
  name: 'platform'
  scope: site
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
  }
}

output id string = site.id
output name string = site.name
output storageName string = storage.name
output hostName string = site.properties.defaultHostName
output principalId string = site.identity.principalId
