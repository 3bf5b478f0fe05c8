// Everything that Influxion needs in Azure: the two app registrations, a Key Vault, the Function App with an identity of its own, and
// where its logs go. docs/azure-setup.md says what each part is for.
//
// Two stages, because no template can make a certificate: the first deployment makes the vault, then the certificate is made or imported
// (infra/setup.sh certificate), then the right on it is granted (signingCertificateReady, or grant.bicep alone). `azd up` does all three.
targetScope = 'subscription'

@description('Name of this deployment. Resource names follow from it, so the same name deploys the same resources again.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Region of every resource. Flex Consumption must be offered there: az functionapp list-flexconsumption-locations.')
param location string

@description('Tags of every resource, such as cost centre and owner, beside the one by which azd finds them again.')
param furtherTags object = {}

@description('Name of the resource group.')
param resourceGroupName string = 'rg-${environmentName}'

@description('Name of the signing certificate in the vault; INFLUXION_SIGNING_CERTIFICATES.')
@minLength(1)
@maxLength(127)
param signingCertificateName string

@description('True once the certificate is in the vault: grants the Function App the right to read this one only.')
param signingCertificateReady bool

@description('Object IDs of the users, groups or service principals that may get a token for the API. Empty: nobody yet.')
param callerIds array

@description('False: everybody in the tenant gets a token for the API, assigned or not.')
param assignmentRequired bool = true

@description('True: Influxion Client may call without a user (app role access_as_application).')
param clientWithoutUser bool = false

@description('Redirect URIs of a web application that signs people in as Influxion Client. The command line needs none of these.')
param webRedirectUris array = []

@description('Address of the page on which people seal and verify, where it is behind a name of yours: https://<name>/api/. Empty: that of the app.')
param pageUri string = ''

@description('Timestamp authorities, separated by commas; INFLUXION_TSA_URL.')
param tsaUrl string = ''

@description('User of the timestamp authority, where it asks for one; INFLUXION_TSA_USER. Credentials are for the first of tsaUrl, by https.')
param tsaUser string = ''

@description('Name of the secret in the vault that holds the password of that user; INFLUXION_TSA_PASSWORD.')
param tsaPasswordSecret string = ''

@description('Name of the secret in the vault that holds the key for the timestamp authority; INFLUXION_TSA_API_KEY.')
param tsaKeySecret string = ''

@description('Name of the header that takes that key; INFLUXION_TSA_API_KEY_HEADER. Empty: X-API-Key.')
param tsaKeyHeader string = ''

@description('Name of the client certificate in the vault for the timestamp authority; INFLUXION_TSA_CLIENT_CERTIFICATE.')
param tsaCertificate string = ''

@description('Proxy for trust services, such as http://proxy.example.com:3128; INFLUXION_OUTBOUND_PROXY.')
param outboundProxy string = ''

@description('Hosts that are asked through the proxy, separated by commas; INFLUXION_OUTBOUND_HOSTS.')
param outboundHosts string = ''

@description('Where the private key is used: in the app (memory), in the vault, which it never leaves (vault), or in a Managed HSM (hsm). INFLUXION_KEY_MODE.')
@allowed(['memory', 'vault', 'hsm'])
param keyPlace string = 'memory'

@description('Tier of the vault. Only premium keeps keys in hardware (RSA-HSM, EC-HSM).')
@allowed(['standard', 'premium'])
param vaultSku string = 'standard'

@description('Address of the Managed HSM for keyPlace hsm, such as https://name.managedhsm.azure.net; INFLUXION_KEY_URL. Its rights are its own: docs/certificates.md.')
param managedHsmUrl string = ''

@description('Folder of PEM files with certificates within the package; INFLUXION_CERTIFICATE_FILES.')
param certificateFiles string = ''

@description('Baseline level of requests that name none; INFLUXION_DEFAULT_LEVEL. Above B-B a timestamp authority is needed.')
@allowed(['B-B', 'B-T', 'B-LT', 'B-LTA'])
param defaultLevel string = 'B-B'

@description('PEM file of further trust anchors within the package; INFLUXION_TRUST_ANCHORS.')
param trustAnchors string = ''

@description('Further settings by their full INFLUXION_ names. A deployment replaces all settings: what is set by hand is lost.')
param furtherSettings object = {}

@description('App roles that a caller needs for a certificate: sign.<certificate>, sign.*, hash.<certificate>; INFLUXION_CERTIFICATE_ROLES. Empty: none is needed.')
param certificateRoles array = []

@description('What the registration of the API has already, as infra/preprovision.sh reads it: roles, scopes and clients that somebody made stay.')
param registeredApi object = {}

@description('True: callers with the role hash.<certificate> may have hashes signed; INFLUXION_HASH_SIGNING.')
param hashSigning bool = false

@description('Requests and bytes that a caller may send to one instance in a minute, such as 60,209715200; INFLUXION_CALLER_RATE. Empty: no limits.')
param callerRate string = ''

@description('What callers of other allowed tenants may use: <tenant ID>/sign.<certificate>; INFLUXION_TENANT_ROLES.')
param tenantRoles array = []

@description('Days for which jobs, their inputs and their results are kept; INFLUXION_JOBS_RETENTION.')
@minValue(1)
@maxValue(90)
param jobRetentionDays int = 7

@description('True: an Event Grid system topic reports finished results to its subscribers.')
param jobEvents bool = false

@description('Days for which records of the audit log cannot be changed in a container of their own; INFLUXION_AUDIT_CONTAINER. 0: no container.')
@minValue(0)
@maxValue(146000)
param auditRetentionDays int = 0

@description('True once that container\'s policy is locked: it takes no update then.')
param auditPolicyLocked bool = false

@description('Storage of that container: Standard_LRS (with zoneRedundant Standard_ZRS in its place), Standard_ZRS for copies in other zones, Standard_GZRS for another region too.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GZRS'])
param auditSku string = 'Standard_LRS'

@description('Address range of a network to make, a /24 or larger: vault and storage are then reached by private endpoints. Empty: see appSubnetId.')
param networkPrefix string = ''

@description('ID of a subnet of yours, delegated to Microsoft.App/environments, instead of a network that is made. It must lead out: to the TSA, to OCSP and CRLs.')
param appSubnetId string = ''

@description('ID of a subnet of yours for private endpoints, beside appSubnetId.')
param endpointSubnetId string = ''

@description('IDs of your private DNS zones: vault, blob, queue, table, sites. A part without a zone: a policy of yours writes its records.')
param dnsZoneIds object = {}

@description('Public addresses that vault and storage also answer in a private network, for those who administer them: 203.0.113.7. Empty: none.')
param allowedAddresses array = []

@description('Image of Gotenberg 8 in rendererRegistry with its digest, such as name.azurecr.io/gotenberg@sha256:…: the renderer for documents from templates. Empty: none. Requires networkPrefix.')
param rendererImage string = ''

@description('Name of the container registry of that image, in the resource group.')
param rendererRegistry string = ''

@description('False: the app itself is reached only by a private endpoint. Requires a network.')
param publicApp bool = true

@description('Instances that are always there. 0: the first caller waits for a cold start; rolling updates want 2.')
@minValue(0)
@maxValue(1000)
param alwaysReady int = 0

@description('Memory of an instance in MB. docs/operations.md says which size to choose.')
@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('Largest number of instances at a time.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Requests that one instance gets at a time before another is added. 0: the platform\'s default for its size.')
@minValue(0)
@maxValue(1000)
param perInstanceConcurrency int = 0

@description('True: instances and storage are spread over the zones of the region. Chosen at the first deployment; requires 2 always-ready instances.')
param zoneRedundant bool = false

@description('How instances are replaced. RollingUpdate, a preview of Azure\'s, ends requests under way first. Empty: the platform\'s default, which is Recreate.')
@allowed(['', 'Recreate', 'RollingUpdate'])
param updateStrategy string = ''

@description('Years for which log, requests and the record of who read the vault are kept. 0: 90 days.')
@minValue(0)
@maxValue(12)
param logRetentionYears int = 0

@description('ID of a storage account of the same region that gets a copy of these tables. Requires logRetentionYears.')
param logExportStorageId string = ''

@description('True: what the platform logs of app and storage goes into the workspace too.')
param platformLogs bool = false

@description('Where alerts go. Empty: no alerts, and no budget.')
param alertEmail string = ''

@description('IDs of action groups of yours that page somebody; they get the alerts of severity 0 and 1.')
param pagingGroupIds array = []

@description('Monthly budget in the currency of the subscription: mail at 80 % and when the forecast exceeds it. 0: no budget.')
@minValue(0)
param monthlyBudget int = 0

@description('First day of the month in which that budget begins, such as 2027-01-01.')
param budgetStart string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tsaSecrets = filter([tsaPasswordSecret, tsaKeySecret, tsaCertificate], name => !empty(name))
var auditAccount = 'staudit${token}'
var jobsAccount = 'stjobs${token}'
var jobsURL = 'https://${jobsAccount}.blob.${environment().suffixes.storage}'
var private = !empty(networkPrefix) || !empty(appSubnetId)
var makesNetwork = !empty(networkPrefix) && empty(appSubnetId)
var makesRenderer = !empty(rendererImage) && makesNetwork
var rendererURL = contains(furtherSettings, 'INFLUXION_RENDERER_URL') ? furtherSettings.INFLUXION_RENDERER_URL : '' // one of somebody's own
var tags = union(furtherTags, { 'azd-env-name': environmentName })

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

module registrations 'registrations.bicep' = {
  name: 'registrations'
  scope: group
  params: {
    token: token
    assignmentRequired: assignmentRequired
    callerIds: callerIds
    clientWithoutUser: clientWithoutUser
    webRedirectUris: webRedirectUris
    pageUri: empty(pageUri) ? 'https://func-${token}.azurewebsites.net/api/' : pageUri
    certificateRoles: certificateRoles
    registered: registeredApi
  }
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
  }
}

module ownNetwork 'network.bicep' = if (makesNetwork) {
  name: 'network'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    prefix: networkPrefix
  }
}

var noZones = { vault: '', blob: '', queue: '', table: '', sites: '' }
var network = {
  private: private
  appSubnetId: makesNetwork ? ownNetwork.outputs.appSubnetId : appSubnetId
  endpointSubnetId: makesNetwork ? ownNetwork.outputs.endpointSubnetId : endpointSubnetId
  zoneIds: makesNetwork ? ownNetwork.outputs.zoneIds : union(noZones, dnsZoneIds)
  allowedAddresses: allowedAddresses
}

module vault 'vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    sku: vaultSku
    workspaceId: monitoring.outputs.workspaceId
    network: network
  }
}

module app 'app.bicep' = {
  name: 'app'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    insightsName: monitoring.outputs.insightsName
    workspaceId: platformLogs ? monitoring.outputs.workspaceId : ''
    network: network
    publicApp: publicApp
    jobsQueueURL: 'https://${jobsAccount}.queue.${environment().suffixes.storage}'
    scale: {
      memory: instanceMemory
      maximum: maximumInstances
      alwaysReady: alwaysReady
      concurrency: perInstanceConcurrency
      zoneRedundant: zoneRedundant
      updates: updateStrategy
    }
    settings: union(furtherSettings, {
      INFLUXION_AZURE_TENANT_ID: tenant().tenantId
      INFLUXION_AZURE_API_CLIENT_ID: registrations.outputs.apiClientId
      INFLUXION_AZURE_AUDIENCE: registrations.outputs.audience
      INFLUXION_AZURE_DEFAULT_SCOPE: '${registrations.outputs.audience}/.default'
      INFLUXION_VAULT_URL: vault.outputs.url
      INFLUXION_SIGNING_CERTIFICATES: signingCertificateName
      INFLUXION_KEY_MODE: keyPlace == 'memory' ? '' : 'vault'
      INFLUXION_KEY_URL: managedHsmUrl
      INFLUXION_CERTIFICATE_FILES: certificateFiles
      INFLUXION_TSA_URL: tsaUrl
      INFLUXION_TSA_USER: tsaUser
      INFLUXION_TSA_PASSWORD: empty(tsaPasswordSecret) ? '' : '@Microsoft.KeyVault(SecretUri=${vault.outputs.url}/secrets/${tsaPasswordSecret})'
      INFLUXION_TSA_API_KEY: empty(tsaKeySecret) ? '' : '@Microsoft.KeyVault(SecretUri=${vault.outputs.url}/secrets/${tsaKeySecret})'
      INFLUXION_TSA_API_KEY_HEADER: tsaKeyHeader
      INFLUXION_TSA_CLIENT_CERTIFICATE: empty(tsaCertificate) ? '' : '@Microsoft.KeyVault(SecretUri=${vault.outputs.url}/secrets/${tsaCertificate})'
      INFLUXION_OUTBOUND_PROXY: outboundProxy
      INFLUXION_OUTBOUND_HOSTS: outboundHosts
      INFLUXION_DEFAULT_LEVEL: defaultLevel
      INFLUXION_TRUST_ANCHORS: trustAnchors
      INFLUXION_CERTIFICATE_ROLES: empty(certificateRoles) ? '' : 'true'
      INFLUXION_HASH_SIGNING: hashSigning ? 'true' : ''
      INFLUXION_CALLER_RATE: callerRate
      INFLUXION_TENANT_ROLES: join(tenantRoles, ',')
      INFLUXION_JOBS_STORAGE_URL: jobsURL
      INFLUXION_JOBS_RETENTION: '${jobRetentionDays * 24}h'
      INFLUXION_RENDERER_URL: makesRenderer ? renderer.outputs.url : rendererURL
      INFLUXION_TEMPLATES_CONTAINER: makesRenderer || !empty(rendererURL) ? '${jobsURL}/templates' : ''
      INFLUXION_PAGE_CLIENT_ID: registrations.outputs.pageClientId
      INFLUXION_AUDIT_CONTAINER: auditRetentionDays == 0 ? '' : 'https://${auditAccount}.blob.${environment().suffixes.storage}/audit'
    })
  }
}

module grant 'grant.bicep' = if (signingCertificateReady && keyPlace == 'memory') {
  name: 'grant'
  scope: group
  params: {
    vaultName: vault.outputs.name
    certificateName: signingCertificateName
    principalId: app.outputs.principalId
  }
}

module signer 'signer.bicep' = if (signingCertificateReady && keyPlace == 'vault') {
  name: 'signer'
  scope: group
  params: {
    vaultName: vault.outputs.name
    certificateName: signingCertificateName
    principalId: app.outputs.principalId
  }
}

// The credentials for the timestamp authority are in secrets of the vault, too. They are there before the right on them is granted.
module grantCredentials 'grant.bicep' = [for name in (signingCertificateReady ? tsaSecrets : []): {
  name: 'grant-${name}'
  scope: group
  params: {
    vaultName: vault.outputs.name
    certificateName: name
    principalId: app.outputs.principalId
  }
}]

module audit 'audit.bicep' = if (auditRetentionDays > 0) {
  name: 'audit'
  scope: group
  params: {
    location: location
    tags: tags
    accountName: auditAccount
    retentionDays: auditRetentionDays
    principalId: app.outputs.principalId
    policyLocked: auditPolicyLocked
    sku: zoneRedundant && auditSku == 'Standard_LRS' ? 'Standard_ZRS' : auditSku
    network: network
  }
}

module jobs 'jobs.bicep' = {
  name: 'jobs'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    accountName: jobsAccount
    principalId: app.outputs.principalId
    retentionDays: jobRetentionDays
    sku: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
    events: jobEvents
    network: network
  }
}

module renderer 'renderer.bicep' = if (makesRenderer) {
  name: 'renderer'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    image: rendererImage
    registryName: rendererRegistry
    subnetId: ownNetwork.outputs.rendererSubnetId
    networkId: ownNetwork.outputs.networkId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module alerts 'alerts.bicep' = if (!empty(alertEmail)) {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    email: alertEmail
    pagingGroupIds: pagingGroupIds
    workspaceId: monitoring.outputs.workspaceId
    insightsName: monitoring.outputs.insightsName
    vaultId: vault.outputs.id
    principalId: app.outputs.principalId
    readyUrl: publicApp ? 'https://${app.outputs.hostName}/api/health?ready=1' : ''
  }
}

module budget 'budget.bicep' = if (!empty(alertEmail) && monthlyBudget > 0) {
  name: 'budget'
  scope: group
  params: {
    amount: monthlyBudget
    start: budgetStart
    email: alertEmail
  }
}

module records 'records.bicep' = if (logRetentionYears > 0) {
  name: 'records'
  scope: group
  params: {
    workspaceName: monitoring.outputs.workspaceName
    years: logRetentionYears
    exportStorageId: logExportStorageId
  }
}

module storageAccess 'access-log.bicep' = if (platformLogs) {
  name: 'storage-access'
  scope: group
  params: {
    accountName: app.outputs.storageName
    workspaceId: monitoring.outputs.workspaceId
  }
}

module auditAccess 'access-log.bicep' = if (platformLogs && auditRetentionDays > 0) {
  name: 'audit-access'
  scope: group
  params: {
    accountName: auditAccount
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [audit]
}

// The seven settings of the handler.
output INFLUXION_AZURE_TENANT_ID string = tenant().tenantId
output INFLUXION_AZURE_API_CLIENT_ID string = registrations.outputs.apiClientId
output INFLUXION_AZURE_AUDIENCE string = registrations.outputs.audience
output INFLUXION_AZURE_DEFAULT_SCOPE string = '${registrations.outputs.audience}/.default'
output INFLUXION_VAULT_URL string = vault.outputs.url
@description('Empty: the identity is the system-assigned one.')
output INFLUXION_AZURE_CLIENT_ID string = ''
@description('Empty: a managed identity has no secret.')
output INFLUXION_AZURE_CLIENT_SECRET string = ''

// The settings of a client: the command line reads them from its environment.
output INFLUXION_CLIENT_URL string = 'https://${app.outputs.hostName}'
output INFLUXION_CLIENT_TENANT_ID string = tenant().tenantId
output INFLUXION_CLIENT_ID string = registrations.outputs.clientId
output INFLUXION_CLIENT_SCOPE string = '${registrations.outputs.audience}/.default'

// What infra/setup.sh and grant.bicep need.
output AZURE_RESOURCE_GROUP string = group.name
output APP string = app.outputs.name
output VAULT string = vault.outputs.name
output CERTIFICATE string = signingCertificateName
output PRINCIPAL_ID string = app.outputs.principalId
output KEY_PLACE string = keyPlace
output VAULT_SKU string = vaultSku

@description('The address from which the app connects, for timestamp authorities and firewalls. Empty without a network of its own.')
output OUTGOING_ADDRESS string = makesNetwork ? ownNetwork.outputs.outgoingAddress : ''
