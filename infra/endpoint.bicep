// A private endpoint: one address of a service within the network. Where an Azure Policy of the platform writes the DNS record, the zone
// is empty, and nothing is written here.
param location string
param tags object
param name string

@description('ID of the subnet that the endpoint lies in.')
param subnetId string

@description('ID of the vault, storage account or app.')
param targetId string

@description('Part of the target: vault, blob, queue, table, sites.')
param part string

@description('ID of the private DNS zone of that part. Empty: somebody else writes the record.')
param zoneId string

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    customNetworkInterfaceName: 'nic-${name}'
    privateLinkServiceConnections: [
      {
        name: name
        properties: {
          privateLinkServiceId: targetId
          groupIds: [part]
        }
      }
    ]
  }
}

resource record 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = if (!empty(zoneId)) {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: part
        properties: {
          privateDnsZoneId: zoneId
        }
      }
    ]
  }
}
