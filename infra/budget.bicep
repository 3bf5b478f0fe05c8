// A budget of the resource group: mail before and after the money is spent. It stops nothing.
@description('Amount of each month, in the currency of the subscription.')
param amount int

@description('First day of a month, such as 2027-01-01. It stays what it was: Azure does not move the start of a budget that is there.')
param start string
param email string

resource budget 'Microsoft.Consumption/budgets@2021-10-01' = {
  name: 'influxion'
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: '${start}T00:00:00Z'
    }
    notifications: {
      forecast: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: [email]
      }
      spent: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: [email]
      }
    }
  }
}
