// The vault that holds the signing certificate, and the record of who read it. It grants nothing: grant.bicep does.
param location string
param tags object
param token string
param workspaceId string

@description('Network of the deployment, from main.bicep: private or not, the subnet of endpoints, allowed addresses, DNS zones.')
param network object

@allowed(['standard', 'premium'])
param sku string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'kv-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: sku
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: network.private && empty(network.allowedAddresses) ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: network.private ? 'Deny' : 'Allow'
      ipRules: map(network.allowedAddresses, address => { value: address })
    }
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated' // the table AZKVAuditLogs
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

module endpoint 'endpoint.bicep' = if (network.private) {
  name: 'vault-endpoint'
  params: {
    location: location
    tags: tags
    name: 'pe-vault-${token}'
    subnetId: network.endpointSubnetId
    targetId: vault.id
    part: 'vault'
    zoneId: network.zoneIds.vault
  }
}

output id string = vault.id
output name string = vault.name
output url string = 'https://${vault.name}${environment().suffixes.keyvaultDns}'
