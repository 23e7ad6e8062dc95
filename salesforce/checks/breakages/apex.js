// Apex that does not compile, reads what is not there, or is not in its form.

import { core, create, replace } from './edits.js';

// What is found without the compiler.
export const QUERIES = [
  [
    'a query of a field that is not there',
    replace(`${core}/classes/TollbridgePayments.cls`, 'Charged_Back_Amount__c\n', 'Charged_Amount__c\n'),
    /no field or object Charged_Amount__c/,
  ],
  [
    'an action that nobody may run',
    create(`${core}/classes/TollbridgeSettle.cls`, 'public with sharing class TollbridgeSettle { @InvocableMethod }'),
    /no permission set gives this action/,
  ],
];

// All are broken at once, each in a file of its own: the compiler takes seconds to start.
export const APEX = [
  [
    'a value of the wrong type',
    replace(`${core}/classes/TollbridgeGateway.cls`, 'result.isSuccess = true;', 'result.isSuccess = 1;'),
    /Incompatible types/,
  ],
  [
    'a method that is not there',
    replace(`${core}/classes/TollbridgePay.cls`, 'TollbridgeOpening.open(', 'TollbridgeOpening.begin('),
    /No matching method found for 'begin'/,
  ],
  [
    'a field that the object does not have',
    replace(`${core}/classes/TollbridgeOperations.cls`, 'payment.Currency__c != null', 'payment.Money__c != null'),
    /Money__c/,
  ],
  [
    'a class that is not there',
    replace(`${core}/classes/TollbridgeVoid.cls`, 'List<TollbridgeResult> run', 'List<TollbridgeAnswer> run'),
    /TollbridgeAnswer/,
  ],
  [
    'a text that never ends',
    replace(`${core}/classes/TollbridgeCapture.cls`, "label='Amount'", "label='Amount"),
    /line \d+/,
  ],
  [
    'a class that is not in its form',
    replace(`${core}/classes/TollbridgeSyncAgain.cls`, 'if (payment == null)', 'if (payment==null)'),
    /not in Prettier's form/,
  ],
];
