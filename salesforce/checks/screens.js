// What flows and quick actions refer to.

import path from 'node:path';
import { checkFieldOf } from './references.js';
import { all, text, texts } from './project.js';

// The elements of a flow that read or write records.
const RECORD_ELEMENTS = ['recordCreates', 'recordDeletes', 'recordLookups', 'recordUpdates', 'start'];

export function checkFlow(flow, context) {
  const { index, report } = context;
  for (const call of all(flow, 'actionCalls').filter((call) => text(call, 'actionType') === 'apex')) {
    if (!index.has('ApexClass', text(call, 'actionName'))) {
      report(`there is no class ${text(call, 'actionName')}`);
    }
  }
  for (const subflow of all(flow, 'subflows')) {
    if (!index.has('Flow', text(subflow, 'flowName'))) {
      report(`there is no flow ${text(subflow, 'flowName')}`);
    }
  }
  for (const element of RECORD_ELEMENTS.flatMap((name) => all(flow, name))) {
    const object = text(element, 'object');
    if (object === undefined) {
      continue;
    }
    if (!index.objects.has(object)) {
      report(`there is no object ${object}`);
      continue;
    }
    const parts = ['filters', 'inputAssignments', 'outputAssignments'].flatMap((name) => all(element, name));
    const fields = [...parts.flatMap((part) => texts(part, 'field')), ...texts(element, 'queriedFields')];
    for (const field of fields) {
      checkFieldOf(object, field, context);
    }
  }
  for (const variable of all(flow, 'variables').flatMap((variable) => texts(variable, 'objectType'))) {
    if (!index.objects.has(variable)) {
      report(`there is no object ${variable}`);
    }
  }
}

export function checkQuickAction(action, { file, index, report }) {
  const name = path.basename(file.path).split('.');
  if (name.length > 2 && !index.objects.has(name[0])) {
    report(`there is no object ${name[0]}`);
  }
  const flow = text(action, 'flowDefinition');
  if (flow !== undefined && !index.has('Flow', flow)) {
    report(`there is no flow ${flow}`);
  }
  const component = text(action, 'lightningWebComponent');
  if (component !== undefined && !index.has('LightningComponentBundle', component)) {
    report(`there is no component ${component}`);
  }
}
