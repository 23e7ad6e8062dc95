// Permission sets and credentials that refer to nothing, give too much, or hold a secret.

import { core, replace } from './edits.js';

export const ACCESS = [
  [
    'a permission set with an unknown field',
    replace(
      `${core}/permissionsets/Tollbridge_Finance.permissionset-meta.xml`,
      'MaldoPay_Payment__c.Status__c',
      'MaldoPay_Payment__c.State__c',
    ),
    /MaldoPay_Payment__c has no field State__c/,
  ],
  [
    'a permission set with an unknown object',
    replace(
      `${core}/permissionsets/Tollbridge_Finance.permissionset-meta.xml`,
      '<object>MaldoPay_Event__c',
      '<object>MaldoPay_Happening__c',
    ),
    /no object MaldoPay_Happening__c/,
  ],
  [
    'a permission set with an unknown tab',
    replace(
      `${core}/permissionsets/Tollbridge_Finance.permissionset-meta.xml`,
      '<tab>MaldoPay_Payment__c',
      '<tab>Payments',
    ),
    /no CustomTab Payments/,
  ],
  [
    'a permission set with an unknown class',
    replace(
      `${core}/permissionsets/Tollbridge_Refunder.permissionset-meta.xml`,
      '<description>',
      '<classAccesses><apexClass>Absent</apexClass><enabled>true</enabled></classAccesses><description>',
    ),
    /no ApexClass Absent/,
  ],
  [
    'a permission set with an unknown principal',
    replace(
      `${core}/permissionsets/Tollbridge_Credential_Principal.permissionset-meta.xml`,
      'Tollbridge-Gateway',
      'Tollbridge-Nobody',
    ),
    /no principal Nobody/,
  ],
  [
    'a principal in one permission set with a class',
    replace(
      `${core}/permissionsets/Tollbridge_Credential_Principal.permissionset-meta.xml`,
      '<description>',
      '<classAccesses><apexClass>Absent</apexClass><enabled>true</enabled></classAccesses><description>',
    ),
    /together with access to classes fails to deploy/,
  ],
  [
    'a permission set with a right that nobody has',
    replace(`${core}/permissionsets/Tollbridge_Integration.permissionset-meta.xml`, 'ApiUserOnly', 'ModifyAllData'),
    /ModifyAllData is no permission/,
  ],
  [
    'a permission to edit what is computed',
    replace(
      `${core}/permissionsets/Tollbridge_Admin.permissionset-meta.xml`,
      '<editable>false</editable>\n        <field>MaldoPay_Payment__c.Unsettled_Amount__c',
      '<editable>true</editable>\n        <field>MaldoPay_Payment__c.Unsettled_Amount__c',
    ),
    /nobody can edit/,
  ],
  [
    'a named credential with an unknown credential',
    replace(
      `${core}/namedCredentials/Tollbridge.namedCredential-meta.xml`,
      '<externalCredential>Tollbridge',
      '<externalCredential>Drawbridge',
    ),
    /no external credential Drawbridge/,
  ],
  [
    'a secret',
    replace(
      `${core}/externalCredentials/Tollbridge.externalCredential-meta.xml`,
      '$Credential.Tollbridge.Key',
      "'tb_live_1'",
    ),
    /holds nothing itself/,
  ],
  [
    'a password',
    replace(`${core}/namedCredentials/Tollbridge.namedCredential-meta.xml`, '<label>', '<password>x</password><label>'),
    /<password> is entered in Setup/,
  ],
];
