// Files that are no metadata: elements, values, names and places that are wrong.

import { core, create, payment, replace } from './edits.js';

export const FORMS = [
  ['an XML that is not closed', replace(`${payment}/fields/Status__c.field-meta.xml`, '</CustomField>', ''), /no XML/],
  [
    'an element that the type does not have',
    replace(`${payment}/fields/Status__c.field-meta.xml`, '<required>', '<mandatory>false</mandatory><required>'),
    /CustomField has no element <mandatory>/,
  ],
  [
    'an element of an element',
    replace(`${payment}/listViews/Disputed.listView-meta.xml`, '<operation>', '<not>1</not><operation>'),
    /ListViewFilter has no element <not>/,
  ],
  [
    'a missing element',
    replace(`${payment}/listViews/Disputed.listView-meta.xml`, '<filterScope>Everything</filterScope>', ''),
    /ListView needs <filterScope>/,
  ],
  [
    'an element twice',
    replace(
      `${payment}/listViews/Disputed.listView-meta.xml`,
      '<filterScope>',
      '<filterScope>Mine</filterScope><filterScope>',
    ),
    /once, and here it is 2 times/,
  ],
  [
    'a number that is none',
    replace(`${payment}/fields/Reference__c.field-meta.xml`, '<length>40', '<length>forty'),
    /<length> of CustomField is a number/,
  ],
  [
    'a boolean that is none',
    replace(`${payment}/fields/Reference__c.field-meta.xml`, '<unique>true', '<unique>yes'),
    /<unique> of CustomField is a boolean/,
  ],
  [
    'an unknown type',
    create(`${core}/tabs/Other.tab-meta.xml`, '<?xml version="1.0"?>\n<CustomTap xmlns="x"/>\n'),
    /CustomTap is no known type/,
  ],
  [
    'a type in the place of another',
    create(`${core}/tabs/Other.tab-meta.xml`, '<ListView><filterScope>Mine</filterScope><label>No</label></ListView>'),
    /the file has ListView, and its place is for CustomTab/,
  ],
  [
    'a suffix of no type',
    create(
      `${core}/tabs/Other.tap-meta.xml`,
      '<?xml version="1.0"?>\n<CustomTab xmlns="x"><customObject>true</customObject></CustomTab>\n',
    ),
    /no component|cannot be converted|could not/i,
  ],
  [
    'a file named otherwise',
    { from: `${payment}/fields/Amount__c.field-meta.xml`, file: `${payment}/fields/Amounts__c.field-meta.xml` },
    /the file is named Amounts__c, and the component Amount__c/,
  ],
  [
    'an object in the folder of another',
    {
      from: `${core}/objects/MaldoPay_Event__c/MaldoPay_Event__c.object-meta.xml`,
      file: `${core}/objects/MaldoPay_Event__c/MaldoPay_Events__c.object-meta.xml`,
    },
    /Unexpected child metadata/,
  ],
  [
    'a name that is no API name',
    create(
      `${payment}/listViews/Not__Good.listView-meta.xml`,
      '<ListView><fullName>Not__Good</fullName><filterScope>Mine</filterScope><label>No</label></ListView>',
    ),
    /no API name/,
  ],
  [
    'a component in two directories',
    create(
      'tollbridge-invoice/main/default/objects/MaldoPay_Payment__c/fields/Amount__c.field-meta.xml',
      '<?xml version="1.0"?>\n<CustomField xmlns="x"><fullName>Amount__c</fullName></CustomField>\n',
    ),
    /has the same component/,
  ],
  [
    'a directory that the project does not have',
    replace('sfdx-project.json', '"tollbridge-reports"', '"tollbridge-report"'),
    /no directory tollbridge-report$/,
  ],
];
