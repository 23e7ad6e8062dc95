// All checks of a project.

import { conversionProblems } from './conversion.js';
import { elementProblems } from './elements.js';
import { nameProblems } from './names.js';
import { Project } from './project.js';
import { referenceProblems } from './references.js';
import { secretProblems } from './secrets.js';

// Without `convert`, Salesforce's own tool is left out, which takes most of the time.
export async function problems(root, { convert = true } = {}) {
  const project = new Project(root);
  // Without these files, nothing that refers to them would resolve.
  if (project.problems.length > 0) {
    return { found: project.problems, count: project.files.length };
  }
  const found = [
    ...nameProblems(project),
    ...elementProblems(project),
    ...referenceProblems(project),
    ...secretProblems(project),
    ...(convert ? await conversionProblems(project) : []),
  ];
  return { found, count: project.files.length };
}
