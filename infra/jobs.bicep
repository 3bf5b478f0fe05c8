// The storage of jobs, in an account of its own: in the app's own one, which the Functions host needs, the app may do everything. Only the
// app's identity writes records, inputs and results; who may put documents into the inbox is said by a role on that container. Whoever can
// write into the container of templates decides what documents look like that are sealed.
param location string
param tags object
param token string

@description('Name of the storage account.')
param accountName string

@description('Object ID of the Function App\'s identity.')
param principalId string

@description('Days for which jobs, their inputs and their results are kept, as the handler keeps them; the rules here are a net below it.')
@minValue(1)
@maxValue(90)
param retentionDays int

@description('Standard_LRS; Standard_ZRS keeps copies in other zones.')
param sku string

@description('True: an Event Grid system topic reports finished results (Microsoft.Storage.BlobCreated in the container results).')
param events bool

@description('Network of the deployment, from main.bicep: private or not, the subnet of endpoints, allowed addresses, DNS zones.')
param network object

var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
var blobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1' // Storage Blob Data Reader
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: accountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
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
  parent: account
  name: 'default'
}

resource records 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'records'
}

resource inbox 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'inbox'
}

resource results 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'results'
}

resource templates 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'templates'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = {
  parent: queues
  name: 'jobs'
}

// Where the host puts messages aside that failed five times. The timer looks after their jobs.
resource poison 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = {
  parent: queues
  name: 'jobs-poison'
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'jobs'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: ['records/', 'inbox/', 'results/']
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: retentionDays
                }
              }
            }
          }
        }
        {
          name: 'answers'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['records/requests/', 'records/answers/']
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: 2
                }
              }
            }
          }
        }
      ]
    }
  }
  dependsOn: [blobs]
}

resource writeRecords 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(records.id, principalId, blobDataContributor)
  scope: records
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource writeResults 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(results.id, principalId, blobDataContributor)
  scope: results
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource readInbox 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(inbox.id, principalId, blobDataReader)
  scope: inbox
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataReader)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource readTemplates 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(templates.id, principalId, blobDataReader)
  scope: templates
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataReader)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource useQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(queue.id, principalId, queueDataContributor)
  scope: queue
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource usePoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(poison.id, principalId, queueDataContributor)
  scope: poison
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource finished 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (events) {
  name: 'jobs-${token}'
  location: location
  tags: tags
  properties: {
    source: account.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

module endpoints 'endpoint.bicep' = [
  for part in (network.private ? ['blob', 'queue'] : []): {
    name: 'jobs-endpoint-${part}'
    params: {
      location: location
      tags: tags
      name: 'pe-${part}-${accountName}'
      subnetId: network.endpointSubnetId
      targetId: account.id
      part: part
      zoneId: network.zoneIds[part]
    }
  }
]
