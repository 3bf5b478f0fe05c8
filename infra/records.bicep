// How long the tables of the workspace are kept, and a copy of them in a storage account of yours. Beyond 90 days rows can be searched
// by a search job, not by an alert.
param workspaceName string

@description('Years for which log, requests and the record of who read the vault are kept.')
@minValue(1)
@maxValue(12)
param years int

@description('ID of a storage account of the same region that gets a copy of each row from now on. Empty: none.')
param exportStorageId string

// Azure takes these numbers of days, and none between.
var days = [365, 730, 1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018, 4383]
var tables = ['AppTraces', 'AppRequests', 'AppExceptions', 'AZKVAuditLogs']

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource kept 'Microsoft.OperationalInsights/workspaces/tables@2023-09-01' = [
  for table in tables: {
    parent: workspace
    name: table
    properties: {
      plan: 'Analytics'
      retentionInDays: 90
      totalRetentionInDays: days[years - 1]
    }
  }
]

resource copy 'Microsoft.OperationalInsights/workspaces/dataExports@2020-08-01' = if (!empty(exportStorageId)) {
  parent: workspace
  name: 'records'
  properties: {
    enable: true
    destination: {
      resourceId: exportStorageId
    }
    tableNames: tables
  }
}
