// Every file is a component of the type that its folder and suffix say, and names itself as its file is named.

import path from 'node:path';
import { text } from './project.js';

// Salesforce's rule for API names.
const API_NAME = /^[A-Za-z](?:_?[A-Za-z0-9])*(?:__c)?$/;
// Page layouts are the only ones whose names are labels.
const NAMED_BY_LABEL = new Set(['Layout']);

export function nameProblems(project) {
  const problems = [];
  const seen = new Map();
  for (const file of project.files.filter((file) => file.path.endsWith('-meta.xml'))) {
    const report = (problem) => problems.push(`${file.path}: ${problem}`);
    const [stem] = path
      .basename(file.path)
      .replace('-meta.xml', '')
      .split(/\.(?=[A-Za-z]+$)/);
    if (file.type === undefined && !isTranslation(file)) {
      report('this is no component: its folder or its suffix is wrong');
      continue;
    }
    const named = text(file.elements, file.root === 'CustomFieldTranslation' ? 'name' : 'fullName');
    if (named !== undefined && named !== stem) {
      report(`the file is named ${stem}, and the component ${named}`);
    }
    if (!NAMED_BY_LABEL.has(file.type) && !stem.split(/[-.]/).every((part) => API_NAME.test(part))) {
      report(`${stem} is no API name`);
    }
    if (
      file.elements &&
      file.type &&
      !isFolder(file) &&
      file.root !== file.type &&
      file.type !== 'CustomObjectTranslation'
    ) {
      report(`the file has ${file.root}, and its place is for ${file.type}`);
    }
    // Translations of one object add up, wherever they are.
    if (isTranslation(file)) {
      continue;
    }
    const key = `${file.type ?? file.root}:${file.path.split('/default/')[1]}`;
    if (seen.has(key)) {
      report(`${seen.get(key)} has the same component`);
    }
    seen.set(key, file.path);
  }
  return problems;
}

function isFolder(file) {
  return file.root?.endsWith('Folder');
}

function isTranslation(file) {
  return file.root === 'CustomFieldTranslation' || file.root === 'CustomObjectTranslation';
}
