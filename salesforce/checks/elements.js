// Every element of every file is one that its type has, with a value of its kind, and none is missing.

import { createRequire } from 'node:module';
import { NEWER_ELEMENTS, NEWER_TYPES, NOT_IN_SOURCE } from './known.js';

const { ApiSchemas } = createRequire(import.meta.url)('@jsforce/jsforce-node/lib/api/metadata/schema.js');

function schemaOf(type) {
  return NEWER_TYPES[type] ?? ApiSchemas[type];
}

function propsOf(type) {
  const schema = schemaOf(type);
  const inherited = schema.extends ? propsOf(schema.extends) : {};
  return { ...inherited, ...schema.props, ...NEWER_ELEMENTS[type] };
}

export function elementProblems(project) {
  const problems = [];
  for (const file of project.files.filter((file) => file.elements)) {
    if (schemaOf(file.root)) {
      check(file.root, file.elements, (problem) => problems.push(`${file.path}: ${problem}`));
    } else {
      problems.push(`${file.path}: ${file.root} is no known type of metadata`);
    }
  }
  return problems;
}

function check(type, elements, report) {
  const props = propsOf(type);
  for (const [name, values] of Object.entries(elements)) {
    const declared = props[name];
    if (declared === undefined) {
      report(`${type} has no element <${name}>`);
      continue;
    }
    const many = Array.isArray(declared);
    if (!many && values.length > 1) {
      report(`${type} has <${name}> once, and here it is ${values.length} times`);
    }
    const kind = (many ? declared[0] : declared).replace('?', '');
    for (const value of values) {
      checkValue(type, name, kind, value, report);
    }
  }
  for (const [name, declared] of Object.entries(props)) {
    const required = typeof declared === 'string' && !declared.startsWith('?') && !NOT_IN_SOURCE.has(name);
    if (required && elements[name] === undefined) {
      report(`${type} needs <${name}>`);
    }
  }
}

function checkValue(type, name, kind, value, report) {
  const isText = typeof value === 'string';
  if (kind === 'string' || kind === 'number' || kind === 'boolean') {
    const fits = {
      string: () => true,
      number: () => value.trim() !== '' && Number.isFinite(Number(value)),
      boolean: () => value === 'true' || value === 'false',
    };
    if (!isText || !fits[kind]()) {
      report(`<${name}> of ${type} is a ${kind}`);
    }
  } else if (!schemaOf(kind)) {
    report(`<${name}> of ${type} is a ${kind}, which is no known type`);
  } else if (isText && value.trim() !== '') {
    report(`<${name}> of ${type} has elements, and here it has a text`);
  } else {
    check(kind, isText ? {} : value, report);
  }
}
