// Flows and quick actions that refer to nothing.

import { core, create, replace } from './edits.js';

// A flow and a quick action that are right.
export const FLOW = `<?xml version="1.0" encoding="UTF-8"?>
<Flow xmlns="http://soap.sforce.com/2006/04/metadata">
    <label>Example</label>
    <recordLookups>
        <name>Payment</name>
        <label>Payment</label>
        <locationX>0</locationX>
        <locationY>0</locationY>
        <assignNullValuesIfNoRecordsFound>false</assignNullValuesIfNoRecordsFound>
        <getFirstRecordOnly>true</getFirstRecordOnly>
        <object>MaldoPay_Payment__c</object>
        <queriedFields>Status__c</queriedFields>
        <storeOutputAutomatically>true</storeOutputAutomatically>
    </recordLookups>
    <start>
        <locationX>0</locationX>
        <locationY>0</locationY>
        <connector>
            <targetReference>Payment</targetReference>
        </connector>
    </start>
    <processType>Flow</processType>
    <status>Draft</status>
</Flow>
`;
export const ACTION = `<?xml version="1.0" encoding="UTF-8"?>
<QuickAction xmlns="http://soap.sforce.com/2006/04/metadata">
    <flowDefinition>Example</flowDefinition>
    <label>Example</label>
    <optionsCreateFeedItem>false</optionsCreateFeedItem>
    <type>Flow</type>
</QuickAction>
`;

const CALL = `<actionCalls>
        <name>Call</name>
        <label>Call</label>
        <locationX>0</locationX>
        <locationY>0</locationY>
        <actionName>Absent</actionName>
        <actionType>apex</actionType>
    </actionCalls>
    `;

const SUBFLOW = `<subflows>
        <name>Sub</name>
        <label>Sub</label>
        <locationX>0</locationX>
        <locationY>0</locationY>
        <flowName>Absent</flowName>
    </subflows>
    `;

export const SCREENS = [
  [
    'a flow with an unknown field',
    create(`${core}/flows/Example.flow-meta.xml`, FLOW.replace('Status__c', 'State__c')),
    /no field State__c/,
  ],
  [
    'a flow with an unknown object',
    create(`${core}/flows/Example.flow-meta.xml`, FLOW.replace('<object>MaldoPay_Payment__c', '<object>Payment__c')),
    /no object Payment__c/,
  ],
  [
    'a flow with an unknown subflow',
    create(`${core}/flows/Example.flow-meta.xml`, FLOW.replace('<recordLookups>', `${SUBFLOW}<recordLookups>`)),
    /no flow Absent/,
  ],
  [
    'a quick action of an unknown object',
    create(`${core}/quickActions/Payment__c.Example.quickAction-meta.xml`, ACTION),
    /no object Payment__c/,
  ],
  [
    'a quick action with an unknown component',
    create(
      `${core}/quickActions/MaldoPay_Payment__c.Example.quickAction-meta.xml`,
      ACTION.replace('flowDefinition>Example</flowDefinition', 'lightningWebComponent>absent</lightningWebComponent'),
    ),
    /no component absent/,
  ],
  [
    'a flow with an unknown class',
    create(`${core}/flows/Example.flow-meta.xml`, FLOW.replace('<recordLookups>', `${CALL}<recordLookups>`)),
    /no class Absent/,
  ],
  [
    'a quick action with an unknown flow',
    create(`${core}/quickActions/MaldoPay_Payment__c.Example.quickAction-meta.xml`, ACTION),
    /no flow Example/,
  ],
];
