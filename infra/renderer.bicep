// The renderer for POST /api/generate: Gotenberg as a Container App in an environment of its own in the network. The network alone reaches
// it, its subnet leads to the platform's own services alone (network.bicep), and its identity may pull its image and do nothing else. Without
// work there is no instance of it.
param location string
param tags object
param token string

@description('Image of Gotenberg 8 in that registry with its digest, such as name.azurecr.io/gotenberg@sha256:…')
param image string

@description('ID of the subnet of the environment: delegated to Microsoft.App/environments, and with rules that let nothing out.')
param subnetId string

@description('ID of the virtual network, whose names the environment gets.')
param networkId string

@description('ID of the workspace for what the renderer logs.')
param workspaceId string

@description('Name of the container registry of the image, in this resource group. The identity of the renderer may pull from it, and do nothing else.')
param registryName string

@description('Largest number of instances at a time.')
@minValue(1)
@maxValue(100)
param maximumInstances int = 10

var pull = '7f951dda-4ed3-4680-a7ca-43fe172d538d' // AcrPull

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-renderer-${token}'
  location: location
  tags: tags
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: registryName
}

resource mayPull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, identity.id, pull)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', pull)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource apps 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: 'cae-${token}'
  location: location
  tags: tags
  properties: {
    vnetConfiguration: {
      internal: true
      infrastructureSubnetId: subnetId
    }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
    appLogsConfiguration: {
      destination: 'azure-monitor'
    }
  }
}

resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'renderer'
  scope: apps
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'ContainerAppConsoleLogs'
        enabled: true
      }
    ]
  }
}

resource renderer 'Microsoft.App/containerApps@2024-03-01' = {
  name: 'renderer'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    environmentId: apps.id
    workloadProfileName: 'Consumption'
    configuration: {
      ingress: {
        external: true // to the network of the environment, which is internal
        targetPort: 3000
        transport: 'http'
        allowInsecure: false
      }
      registries: [
        {
          server: registry.properties.loginServer
          identity: identity.id
        }
      ]
    }
    template: {
      containers: [
        {
          name: 'gotenberg'
          image: image
          command: [
            'gotenberg'
            '--chromium-deny-private-ips'
            '--chromium-deny-public-ips'
            '--chromium-disable-javascript'
            '--chromium-max-queue-size=32'
            '--api-timeout=90s'
          ]
          resources: {
            cpu: json('1.0')
            memory: '2Gi'
          }
          probes: [
            {
              type: 'Startup'
              httpGet: {
                path: '/health'
                port: 3000
              }
              periodSeconds: 3
              failureThreshold: 10
            }
            {
              type: 'Liveness'
              httpGet: {
                path: '/health'
                port: 3000
              }
              periodSeconds: 30
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: 0
        maxReplicas: maximumInstances
        rules: [
          {
            name: 'pages'
            http: {
              metadata: {
                concurrentRequests: '4'
              }
            }
          }
        ]
      }
    }
  }
  dependsOn: [mayPull]
}

// An internal environment has no name that the network knows. Its domain is known once it is there.
module names 'renderer-names.bicep' = {
  name: 'renderer-names'
  params: {
    tags: tags
    domain: apps.properties.defaultDomain
    address: apps.properties.staticIp
    networkId: networkId
  }
}

output url string = 'https://${renderer.properties.configuration.ingress.fqdn}'
