// What report types, reports and dashboards refer to.

import { checkFieldOf, checkValues } from './references.js';
import { all, text, texts } from './project.js';

// The object of a table of a report type: `Parent`, or `Parent.Children__r`.
function objectOf(table, { index }) {
  const [base, ...relationships] = table.split('.');
  return relationships.reduce(
    (object, relationship) => object && index.child(object, relationship.replace(/__r$/, ''))?.object,
    base,
  );
}

export function checkReportType(type, context) {
  const { index, report } = context;
  const base = text(type, 'baseObject');
  if (!index.objects.has(base)) {
    report(`there is no object ${base}`);
  }
  for (const join of all(type, 'join')) {
    const relationship = text(join, 'relationship');
    if (!objectOf(`${base}.${relationship}`, context)) {
      report(`${base} has no relationship ${relationship}`);
    }
  }
  for (const column of all(type, 'sections').flatMap((section) => all(section, 'columns'))) {
    const object = objectOf(text(column, 'table'), context);
    if (object) {
      checkFieldOf(object, text(column, 'field'), context);
    } else {
      report(`there is no table ${text(column, 'table')}`);
    }
  }
}

// The columns that a report of this type may have.
function columnsOf(name, { index }) {
  const type = index.component('ReportType', name.replace(/__c$/, ''));
  const columns = all(type?.elements, 'sections').flatMap((section) => all(section, 'columns'));
  return type && columns.map((column) => `${text(column, 'table')}$${text(column, 'field')}`);
}

export function checkReport(elements, context) {
  const { index, report } = context;
  const columns = columnsOf(text(elements, 'reportType') ?? '', context);
  if (!columns) {
    report(`there is no report type ${text(elements, 'reportType')}`);
    return;
  }
  const buckets = all(elements, 'buckets');
  const known = [...columns, ...buckets.map((bucket) => text(bucket, 'developerName'))];
  const filters = all(elements, 'filter').flatMap((filter) => all(filter, 'criteriaItems'));
  const used = [
    ...all(elements, 'columns').map((column) => text(column, 'field')),
    ...all(elements, 'groupingsDown').map((grouping) => text(grouping, 'field')),
    ...all(elements, 'groupingsAcross').map((grouping) => text(grouping, 'field')),
    ...all(elements, 'timeFrameFilter').map((filter) => text(filter, 'dateColumn')),
    ...buckets.map((bucket) => text(bucket, 'sourceColumnName')),
    ...filters.map((filter) => text(filter, 'column')),
  ];
  for (const column of used.filter((column) => !known.includes(column))) {
    report(`its report type has no column ${column}`);
  }
  const grouped = all(elements, 'groupingsDown').map((grouping) => text(grouping, 'field'));
  for (const column of all(elements, 'columns').map((column) => text(column, 'field'))) {
    if (grouped.includes(column)) {
      report(`${column} is grouped, and cannot be a column too`);
    }
  }
  for (const filter of filters.filter((filter) => columns.includes(text(filter, 'column')))) {
    const [table, field] = text(filter, 'column').split('$');
    checkValues(index.field(objectOf(table, context), field), text(filter, 'value'), context);
  }
}

export function checkDashboard(dashboard, context) {
  const { index, report } = context;
  const grid = all(dashboard, 'dashboardGridLayout').flatMap((layout) => all(layout, 'dashboardGridComponents'));
  for (const component of grid.flatMap((cell) => all(cell, 'dashboardComponent'))) {
    const name = text(component, 'report');
    const shown = index.component('Report', name)?.elements;
    if (!shown) {
      report(`there is no report ${name}`);
      continue;
    }
    const columns = all(shown, 'columns')
      .filter((column) => column.aggregateTypes)
      .map((column) => text(column, 'field'));
    const groups = all(shown, 'groupingsDown').map((grouping) => text(grouping, 'field'));
    for (const column of all(component, 'chartSummary').flatMap((summary) => texts(summary, 'column'))) {
      if (column !== 'RowCount' && !columns.includes(column)) {
        report(`the report ${name} has no sum of ${column}`);
      }
    }
    for (const group of texts(component, 'groupingColumn').filter((group) => !groups.includes(group))) {
      report(`the report ${name} is not grouped by ${group}`);
    }
  }
}
