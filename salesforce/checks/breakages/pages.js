// Objects, layouts, list views, tabs and translations that refer to nothing.

import { core, payment, replace, translations } from './edits.js';

export const PAGES = [
  [
    'a layout with an unknown field',
    replace(
      `${core}/layouts/MaldoPay_Payment__c-MaldoPay Payment Layout.layout-meta.xml`,
      '<field>Order__c',
      '<field>Orders__c',
    ),
    /MaldoPay_Payment__c has no field Orders__c/,
  ],
  [
    'a layout with a field of a directory that it does not need',
    replace(
      `${core}/layouts/MaldoPay_Payment__c-MaldoPay Payment Layout.layout-meta.xml`,
      '<field>Order__c',
      '<field>Invoice__c',
    ),
    /MaldoPay_Payment__c has no field Invoice__c/,
  ],
  [
    'a field that is on no layout',
    replace(
      `${core}/layouts/MaldoPay_Event__c-MaldoPay Event Layout.layout-meta.xml`,
      '<field>Digest__c',
      '<field>Code__c',
    ),
    /Digest__c is not on it/,
  ],
  [
    'a field that is on a layout twice',
    replace(
      `${core}/layouts/MaldoPay_Event__c-MaldoPay Event Layout.layout-meta.xml`,
      '<field>Digest__c',
      '<field>Code__c',
    ),
    /Code__c is on it twice/,
  ],
  [
    'a related list that is none',
    replace(
      `${core}/layouts/MaldoPay_Payment__c-MaldoPay Payment Layout.layout-meta.xml`,
      'MaldoPay_Event__c.MaldoPay_Payment__c',
      'MaldoPay_Event__c.Payment__c',
    ),
    /no lookup to MaldoPay_Payment__c/,
  ],
  [
    'a compact layout with an unknown field',
    replace(`${payment}/compactLayouts/MaldoPay_Payment.compactLayout-meta.xml`, 'Amount__c', 'Sum__c'),
    /no field Sum__c/,
  ],
  [
    'an object with an unknown compact layout',
    replace(`${payment}/MaldoPay_Payment__c.object-meta.xml`, 'Assignment>MaldoPay_Payment', 'Assignment>Other'),
    /no compact layout Other/,
  ],
  [
    'a list view with an unknown column',
    replace(
      `${payment}/listViews/Unsettled.listView-meta.xml`,
      '<columns>Unsettled_Amount__c',
      '<columns>Open_Amount__c',
    ),
    /no field Open_Amount__c/,
  ],
  [
    'a list view with an unknown filter',
    replace(`${payment}/listViews/Needs_Review.listView-meta.xml`, '<field>Needs_Review__c', '<field>Review__c'),
    /no field Review__c/,
  ],
  [
    'a list view with a value that is none',
    replace(`${payment}/listViews/Disputed.listView-meta.xml`, '<value>disputed', '<value>doubted'),
    /doubted is no value/,
  ],
  [
    'a list view with an unknown operation',
    replace(`${payment}/listViews/Disputed.listView-meta.xml`, '<operation>equals', '<operation>is'),
    /is is no operation/,
  ],
  [
    'a lookup to an unknown object',
    replace(
      `${core}/objects/MaldoPay_Event__c/fields/MaldoPay_Payment__c.field-meta.xml`,
      '<referenceTo>MaldoPay_Payment__c',
      '<referenceTo>Payment__c',
    ),
    /looks up Payment__c/,
  ],
  [
    'a formula with an unknown field',
    replace(`${payment}/fields/Unsettled_Amount__c.field-meta.xml`, 'Settled_Amount__c)', 'Paid_Amount__c)'),
    /no field Paid_Amount__c/,
  ],
  [
    'a rule with an unknown field',
    replace(
      `${payment}/validationRules/Version_Never_Falls.validationRule-meta.xml`,
      'PRIORVALUE(Version__c)',
      'PRIORVALUE(Revision__c)',
    ),
    /no field Revision__c/,
  ],
  [
    'a tab of an unknown object',
    { from: `${core}/tabs/MaldoPay_Payment__c.tab-meta.xml`, file: `${core}/tabs/MaldoPay_Paiment__c.tab-meta.xml` },
    /no object MaldoPay_Paiment__c/,
  ],
  [
    'a translation of an unknown field',
    replace(
      `${translations}/Order-tr/MaldoPay_Status__c.fieldTranslation-meta.xml`,
      '<name>MaldoPay_Status__c',
      '<name>MaldoPay_State__c',
    ),
    /no field MaldoPay_State__c/,
  ],
  [
    'a translation of an unknown value',
    replace(
      `${translations}/Order-tr/MaldoPay_Status__c.fieldTranslation-meta.xml`,
      '<masterLabel>Settled',
      '<masterLabel>Sunk',
    ),
    /Sunk is no label/,
  ],
  [
    'a translation of an unknown section',
    replace(
      `${translations}/MaldoPay_Payment__c-tr/MaldoPay_Payment__c-tr.objectTranslation-meta.xml`,
      '<section>Amounts',
      '<section>Sums',
    ),
    /no section Sums/,
  ],
  [
    'a translation of an unknown rule',
    replace(
      `${translations}/MaldoPay_Payment__c-tr/MaldoPay_Payment__c-tr.objectTranslation-meta.xml`,
      '<name>Version_Never_Falls',
      '<name>Version_Falls',
    ),
    /no validation rule Version_Falls/,
  ],
];
