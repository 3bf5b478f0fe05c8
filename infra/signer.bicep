// The right on a key that never leaves the vault: the Function App's identity may read its public half and sign with it, and do
// nothing else. The nearest built-in role may also decrypt, wrap and unwrap. The certificate comes first, as for grant.bicep.
param vaultName string
param certificateName string

@description('Object ID of the Function App\'s identity.')
param principalId string

var reader = '21090545-7ca7-4776-b22c-e363652d74d2' // Key Vault Reader: the public part of a certificate, and no secret

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource key 'Microsoft.KeyVault/vaults/keys@2023-07-01' existing = {
  parent: vault
  name: certificateName
}

resource signer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'influxion-signer')
  properties: {
    roleName: 'Influxion Signer ${resourceGroup().name}'
    description: 'May sign with a key of a vault and read its public half.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        dataActions: [
          'Microsoft.KeyVault/vaults/keys/read'
          'Microsoft.KeyVault/vaults/keys/sign/action'
        ]
      }
    ]
  }
}

resource sign 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(key.id, principalId, signer.id)
  scope: key
  properties: {
    roleDefinitionId: signer.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource readCertificate 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, reader)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', reader)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
