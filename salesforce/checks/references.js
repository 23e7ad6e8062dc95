// Every reference of a file to another component resolves, within its package directory and those that it needs.

import path from 'node:path';
import { Index } from './index.js';
import { LIST_COLUMNS, LIST_OPERATIONS, USER_PERMISSIONS } from './known.js';
import { all, text, texts } from './project.js';
import { checkFlow, checkQuickAction } from './screens.js';
import { checkDashboard, checkReport, checkReportType } from './reports.js';

const CHECKS = {
  CompactLayout: checkCompactLayout,
  CustomField: checkField,
  CustomFieldTranslation: checkFieldTranslation,
  CustomObject: checkObject,
  CustomObjectTranslation: checkObjectTranslation,
  CustomTab: checkTab,
  Dashboard: checkDashboard,
  Flow: checkFlow,
  Layout: checkLayout,
  ListView: checkListView,
  NamedCredential: checkNamedCredential,
  PermissionSet: checkPermissionSet,
  QuickAction: checkQuickAction,
  Report: checkReport,
  ReportType: checkReportType,
  ValidationRule: checkValidationRule,
};

export function referenceProblems(project) {
  const problems = [];
  const indexes = new Map(project.directories.map((directory) => [directory, new Index(project, directory)]));
  for (const file of project.files.filter((file) => file.elements)) {
    const index = indexes.get(file.directory);
    const report = (problem) => problems.push(`${file.path}: ${problem}`);
    const context = { file, index, report, object: /\/objects\/([^/]+)\//.exec(file.path)?.[1] };
    CHECKS[file.root]?.(file.elements, context);
  }
  return problems;
}

// Reports a field that is not there.
export function checkFieldOf(object, name, { index, report }) {
  if (!index.objects.has(object)) {
    report(`there is no object ${object}`);
  } else if (!index.field(object, name)) {
    report(`${object} has no field ${name}`);
  }
}

// The names of custom fields that a formula reads.
function checkFormula(formula, object, context) {
  const names = formula.match(/\b[A-Za-z]\w*(?:__r\.\w+|__c)\b/g) ?? [];
  for (const name of new Set(names)) {
    checkFieldOf(object, name, context);
  }
}

function checkField(field, context) {
  const { index, object, report } = context;
  const target = text(field, 'referenceTo');
  if (target !== undefined && !index.objects.has(target)) {
    report(`it looks up ${target}, and there is no such object`);
  }
  const formula = text(field, 'formula');
  if (formula !== undefined) {
    checkFormula(formula, object, context);
  }
}

function checkObject(elements, { index, object, report }) {
  const layout = text(elements, 'compactLayoutAssignment');
  if (layout !== undefined && layout !== 'SYSTEM' && !index.has('CompactLayout', `${object}.${layout}`)) {
    report(`there is no compact layout ${layout}`);
  }
}

function checkValidationRule(rule, context) {
  checkFormula(text(rule, 'errorConditionFormula') ?? '', context.object, context);
  const field = text(rule, 'errorDisplayField');
  if (field !== undefined) {
    checkFieldOf(context.object, field, context);
  }
}

function checkCompactLayout(layout, context) {
  for (const field of texts(layout, 'fields')) {
    checkFieldOf(context.object, field, context);
  }
}

function checkListView(view, context) {
  const { index, object, report } = context;
  for (const column of texts(view, 'columns').filter((column) => !LIST_COLUMNS.includes(column))) {
    checkFieldOf(object, column, context);
  }
  for (const filter of all(view, 'filters')) {
    const name = text(filter, 'field');
    if (!LIST_OPERATIONS.includes(text(filter, 'operation'))) {
      report(`${text(filter, 'operation')} is no operation of a filter`);
    }
    if (!LIST_COLUMNS.includes(name)) {
      checkFieldOf(object, name, context);
      checkValues(index.field(object, name), text(filter, 'value'), context);
    }
  }
}

// The values of a filter are those of the picklist.
export function checkValues(field, value, { index, report }) {
  const { values } = index.values(field);
  if (values.length > 0 && value) {
    for (const one of value.split(',').filter((one) => !values.includes(one))) {
      report(`${one} is no value of the picklist`);
    }
  }
}

function checkLayout(layout, context) {
  const { file, index, report } = context;
  const object = path.basename(file.path).split('-')[0];
  const ofObject = { ...context, object };
  const sections = all(layout, 'layoutSections');
  const items = sections
    .flatMap((section) => all(section, 'layoutColumns'))
    .flatMap((column) => all(column, 'layoutItems'));
  const fields = items.flatMap((item) => texts(item, 'field'));
  for (const field of fields) {
    checkFieldOf(object, field, ofObject);
  }
  for (const field of fields.filter((field, place) => fields.indexOf(field) !== place)) {
    report(`${field} is on it twice`);
  }
  const created = index.files.filter(
    (other) => other.root === 'CustomField' && other.directory === file.directory && other.path.includes(`/${object}/`),
  );
  for (const name of created.map((other) => path.basename(other.path).split('.')[0])) {
    if (!fields.includes(name)) {
      report(`${name} is not on it, so nobody sees it`);
    }
  }
  for (const list of all(layout, 'relatedLists')) {
    const [child, lookup] = (text(list, 'relatedList') ?? '').split('.');
    const target = index.field(child, lookup ?? '');
    if (!target || text(target, 'referenceTo') !== object) {
      report(`the related list ${text(list, 'relatedList')} is no lookup to ${object}`);
      continue;
    }
    const columns = [...texts(list, 'fields'), ...texts(list, 'sortField')];
    for (const column of columns.filter((column) => !LIST_COLUMNS.includes(column))) {
      checkFieldOf(child, column, context);
    }
  }
  const actions = all(layout, 'quickActionList').flatMap((list) => all(list, 'quickActionListItems'));
  for (const action of actions.flatMap((item) => texts(item, 'quickActionName')).filter((name) => name.includes('.'))) {
    if (!index.has('QuickAction', action)) {
      report(`there is no quick action ${action}`);
    }
  }
}

function checkPermissionSet(set, context) {
  const { index, report } = context;
  for (const permission of all(set, 'fieldPermissions')) {
    const [object, ...field] = text(permission, 'field').split('.');
    checkFieldOf(object, field.join('.'), context);
    if (
      text(permission, 'editable') === 'true' &&
      text(index.field(object, field.join('.')), 'formula') !== undefined
    ) {
      report(`nobody can edit ${object}.${field.join('.')}: Salesforce computes it`);
    }
  }
  for (const permission of all(set, 'objectPermissions')) {
    const object = text(permission, 'object');
    if (!index.objects.has(object)) {
      report(`there is no object ${object}`);
    }
  }
  const named = [
    ['classAccesses', 'apexClass', 'ApexClass'],
    ['flowAccesses', 'flow', 'Flow'],
    ['tabSettings', 'tab', 'CustomTab'],
    ['customPermissions', 'name', 'CustomPermission'],
    ['applicationVisibilities', 'application', 'CustomApplication'],
  ];
  for (const [element, name, type] of named) {
    for (const value of all(set, element).flatMap((entry) => texts(entry, name))) {
      if (!index.has(type, value)) {
        report(`there is no ${type} ${value}`);
      }
    }
  }
  for (const access of all(set, 'externalCredentialPrincipalAccesses')) {
    const [credential, principal] = text(access, 'externalCredentialPrincipal').split('-');
    const elements = index.component('ExternalCredential', credential)?.elements;
    const principals = all(elements, 'externalCredentialParameters')
      .filter((parameter) => text(parameter, 'parameterType') === 'NamedPrincipal')
      .map((parameter) => text(parameter, 'parameterName'));
    if (!principals.includes(principal)) {
      report(`there is no principal ${principal} of an external credential ${credential}`);
    }
    if (set.classAccesses) {
      report('a principal together with access to classes fails to deploy: give them in two permission sets');
    }
  }
  for (const permission of all(set, 'userPermissions').flatMap((entry) => texts(entry, 'name'))) {
    if (!USER_PERMISSIONS.includes(permission)) {
      report(`${permission} is no permission that the package gives`);
    }
  }
}

function checkNamedCredential(credential, { index, report }) {
  const parameters = all(credential, 'namedCredentialParameters');
  for (const name of parameters.flatMap((parameter) => texts(parameter, 'externalCredential'))) {
    if (!index.has('ExternalCredential', name)) {
      report(`there is no external credential ${name}`);
    }
  }
}

function checkTab(tab, { file, index, report }) {
  const name = path.basename(file.path).split('.')[0];
  if (text(tab, 'customObject') === 'true' && !index.objects.has(name)) {
    report(`there is no object ${name}`);
  }
}

// The object and the language of a translation, by its folder.
function translated(file) {
  return /\/objectTranslations\/(.+)-[a-z]{2}(?:_[A-Z]{2})?\//.exec(file.path)?.[1];
}

function checkObjectTranslation(translation, context) {
  const { file, index, report } = context;
  const object = translated(file);
  if (!index.objects.has(object)) {
    report(`there is no object ${object}`);
  }
  for (const layout of all(translation, 'layouts')) {
    const name = text(layout, 'layout');
    const elements = index.component('Layout', `${object}-${name}`)?.elements;
    const sections = all(elements, 'layoutSections').flatMap((section) => texts(section, 'label'));
    if (!elements) {
      report(`there is no layout ${name}`);
    }
    for (const section of all(layout, 'sections').flatMap((entry) => texts(entry, 'section'))) {
      if (elements && !sections.includes(section)) {
        report(`the layout ${name} has no section ${section}`);
      }
    }
  }
  for (const rule of all(translation, 'validationRules').flatMap((entry) => texts(entry, 'name'))) {
    if (!index.has('ValidationRule', `${object}.${rule}`)) {
      report(`${object} has no validation rule ${rule}`);
    }
  }
}

function checkFieldTranslation(translation, context) {
  const { file, index, report } = context;
  const object = translated(file);
  const name = text(translation, 'name');
  checkFieldOf(object, name, context);
  const { labels } = index.values(index.field(object, name));
  for (const label of all(translation, 'picklistValues').flatMap((value) => texts(value, 'masterLabel'))) {
    if (!labels.includes(label)) {
      report(`${label} is no label of the picklist`);
    }
  }
}
