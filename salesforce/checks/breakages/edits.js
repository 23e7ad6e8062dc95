// How a copy of the project is broken, and where its files are.

import assert from 'node:assert/strict';

export const core = 'tollbridge/main/default';
export const translations = 'tollbridge-tr/main/default/objectTranslations';
export const payment = `${core}/objects/MaldoPay_Payment__c`;

// Replaces a text in a file, which must have it.
export const replace = (file, from, to) => ({
  file,
  edit: (text) => (assert.ok(text.includes(from), from), text.replace(from, to)),
});
// Makes a file.
export const create = (file, text) => ({ file, edit: () => text });
