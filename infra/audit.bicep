// The container of the audit log, in a storage account of its own: in the app's own one, which the Functions host needs, the app may do
// everything. Blobs can be appended to and neither changed nor deleted for as long as is said. The policy is not locked: a lock cannot be
// undone, so it is for whoever has seen that all works: az storage container immutability-policy lock.
param location string
param tags object

@description('Name of the storage account.')
param accountName string

@description('Days for which each blob is kept from its beginning.')
@minValue(1)
@maxValue(146000)
param retentionDays int

@description('Object ID of the Function App\'s identity.')
param principalId string

@description('True once the policy is locked: a locked policy takes no update, so it is left as it is.')
param policyLocked bool

@description('Standard_LRS; Standard_ZRS and Standard_GZRS keep copies in other zones and in another region.')
param sku string

@description('Network of the deployment, from main.bicep: private or not, the subnet of endpoints, allowed addresses, DNS zones.')
param network object

var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor

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

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'audit'
}

resource retention 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2023-05-01' = if (!policyLocked) {
  parent: container
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: retentionDays
    allowProtectedAppendWrites: true
  }
}

resource writeRecords 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(container.id, principalId, blobDataContributor)
  scope: container
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

module endpoint 'endpoint.bicep' = if (network.private) {
  name: 'audit-endpoint'
  params: {
    location: location
    tags: tags
    name: 'pe-${accountName}'
    subnetId: network.endpointSubnetId
    targetId: account.id
    part: 'blob'
    zoneId: network.zoneIds.blob
  }
}
