// Who is notified of which fault. Severity 0 and 1 page somebody; 2 is mail. The queries read the handler's own lines,
// whose names docs/operations.md has.
param location string
param tags object
param token string
param email string
param workspaceId string
param insightsName string
param vaultId string

@description('Object ID of the Function App\'s identity, which alone has to read what is in the vault.')
param principalId string

@description('IDs of action groups that page somebody, in addition to the mail.')
param pagingGroupIds array

@description('Address that says whether the app is ready. Empty: it cannot be reached from outside.')
param readyUrl string

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'influxion'
    emailReceivers: [
      {
        name: 'operators'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

var pages = concat([people.id], pagingGroupIds) // mail as well
var lines = 'AppTraces | where Message startswith "{" | extend log = parse_json(Message)'
var queries = [
  {
    name: 'no-signature'
    text: 'Influxion cannot sign, or discarded a wrong signature'
    query: '${lines} | where tostring(log.msg) == "request" and tostring(log.code) in ("vault_forbidden", "key_unusable", "key_unsupported", "self_check", "internal")'
    above: 0
    severity: 1
  }
  {
    name: 'audit-unwritable'
    text: 'Influxion cannot write its audit log, so no signature leaves'
    query: '${lines} | where tostring(log.msg) == "request" and tostring(log.code) == "audit_unavailable"'
    above: 0
    severity: 1
  }
  {
    name: 'no-start'
    text: 'Influxion does not start'
    query: 'AppTraces | where Message has "influxion cannot serve"'
    above: 0
    severity: 1
  }
  {
    name: 'certificate-week'
    text: 'A signing certificate expires within a week'
    query: '${lines} | where tostring(log.msg) == "certificate expires soon" and toint(log.days_left) <= 7'
    above: 0
    severity: 1
  }
  {
    name: 'certificate-month'
    text: 'A signing certificate expires within a month'
    query: '${lines} | where tostring(log.msg) == "certificate expires soon" and toint(log.days_left) > 7'
    above: 0
    severity: 2
  }
  {
    name: 'rotation-waits'
    text: 'A new version of a certificate does not sign yet'
    query: '${lines} | where tostring(log.msg) == "a new version of the certificate does not sign yet"'
    above: 0
    severity: 2
  }
  {
    name: 'failures'
    text: 'Influxion answers with server errors'
    query: 'AppRequests | where toint(ResultCode) >= 500'
    above: 5
    severity: 1
  }
  {
    name: 'other-reader'
    text: 'Somebody else than Influxion has read a secret or used a key of the key vault'
    query: 'AZKVAuditLogs | where OperationName in ("SecretGet", "SecretBackup", "SecretRestore", "CertificateBackup", "KeyBackup", "KeySign") and HttpStatusCode < 300 | where tostring(Identity.claim["http://schemas.microsoft.com/identity/claims/objectidentifier"]) != "${principalId}"'
    above: 0
    severity: 1
  }
  {
    name: 'vault-refusals'
    text: 'The key vault refuses an identity'
    query: 'AZKVAuditLogs | where HttpStatusCode == 403'
    above: 0
    severity: 2
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in queries: {
    name: '${rule.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.text
      enabled: true
      severity: rule.severity
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      skipQueryValidation: true // a table exists from its first row on
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: rule.above
          }
        ]
      }
      actions: {
        actionGroups: rule.severity < 2 ? pages : [people.id]
      }
    }
  }
]

// A service that is asked by nobody fails unseen: three places of Azure ask it whether it is ready.
resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource ready 'Microsoft.Insights/webtests@2022-06-15' = if (!empty(readyUrl)) {
  name: 'ready-${token}'
  location: location
  tags: union(tags, { 'hidden-link:${insights.id}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'ready-${token}'
    Name: 'Influxion is ready'
    Enabled: true
    Kind: 'standard'
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: [
      { Id: 'emea-nl-ams-azr' }
      { Id: 'emea-gb-db3-azr' }
      { Id: 'us-va-ash-azr' }
    ]
    Request: {
      RequestUrl: readyUrl
      HttpVerb: 'GET'
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 7
    }
  }
}

resource notReady 'Microsoft.Insights/metricAlerts@2018-03-01' = if (!empty(readyUrl)) {
  name: 'not-ready-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Two of three locations find that Influxion is not ready: /api/health?ready=1 says which part is not.'
    enabled: true
    severity: 1
    scopes: [ready.id, insights.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: ready.id
      componentId: insights.id
      failedLocationCount: 2
    }
    actions: [for id in pages: { actionGroupId: id }]
  }
}

resource vaultDown 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'vault-down-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'The key vault answers fewer than 99 of 100 requests. Influxion signs from its cache for an hour, where keys are in memory.'
    enabled: true
    severity: 1
    scopes: [vaultId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'availability'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'Availability'
          timeAggregation: 'Average'
          operator: 'LessThan'
          threshold: 99
        }
      ]
    }
    actions: [for id in pages: { actionGroupId: id }]
  }
}

resource vaultEvents 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'vault-${token}'
  location: location
  tags: tags
  properties: {
    source: vaultId
    topicType: 'Microsoft.KeyVault.vaults'
  }
}

resource expiry 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: vaultEvents
  name: 'certificate-expiry'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: [
        'Microsoft.KeyVault.CertificateNearExpiry'
        'Microsoft.KeyVault.CertificateExpired'
      ]
    }
    destination: {
      endpointType: 'MonitorAlert'
      properties: {
        severity: 'Sev1'
        description: 'The signing certificate is about to expire, or has expired.'
        actionGroups: pages
      }
    }
  }
}
