// Report types, reports and dashboards that refer to nothing.

import { replace } from './edits.js';

const reports = 'tollbridge-reports/main/default';

export const REPORTS = [
  [
    'a report type with an unknown field',
    replace(`${reports}/reportTypes/MaldoPay_Payments.reportType-meta.xml`, '<field>Site__c', '<field>Shop__c'),
    /no field Shop__c/,
  ],
  [
    'a report type with an unknown relationship',
    replace(
      `${reports}/reportTypes/MaldoPay_Payments_with_Events.reportType-meta.xml`,
      '<relationship>MaldoPay_Events__r',
      '<relationship>Happenings__r',
    ),
    /no relationship Happenings__r/,
  ],
  [
    'a report of an unknown type',
    replace(
      `${reports}/reports/Tollbridge/Captured_Against_Settled.report-meta.xml`,
      'MaldoPay_Payments__c</reportType>',
      'Payments__c</reportType>',
    ),
    /no report type Payments__c/,
  ],
  [
    'a report with an unknown column',
    replace(
      `${reports}/reports/Tollbridge/Captured_Against_Settled.report-meta.xml`,
      '$Settled_Amount__c',
      '$Paid_Amount__c',
    ),
    /no column MaldoPay_Payment__c\$Paid_Amount__c/,
  ],
  [
    'a report with a value that is none',
    replace(`${reports}/reports/Tollbridge/Payouts_to_Match.report-meta.xml`, '<value>paid_out', '<value>payed_out'),
    /payed_out is no value/,
  ],
  [
    'a dashboard with an unknown report',
    replace(
      `${reports}/dashboards/Tollbridge/MaldoPay_Payments.dashboard-meta.xml`,
      'Tollbridge/Payouts_to_Match',
      'Tollbridge/Payouts',
    ),
    /no report Tollbridge\/Payouts/,
  ],
  [
    'a dashboard with a sum that its report lacks',
    replace(
      `${reports}/dashboards/Tollbridge/MaldoPay_Payments.dashboard-meta.xml`,
      '$Unsettled_Amount__c',
      '$Amount__c',
    ),
    /has no sum of/,
  ],
  [
    'a dashboard as one person',
    replace(
      `${reports}/dashboards/Tollbridge/MaldoPay_Payments.dashboard-meta.xml`,
      '<textColor>',
      '<runningUser>admin@example.com</runningUser><textColor>',
    ),
    /named running user/,
  ],
];
