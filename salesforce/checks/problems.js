// All checks of a project.

import { actionProblems, apexProblems, nameOfFieldProblems } from './apex.js';
import { conversionProblems } from './conversion.js';
import { elementProblems } from './elements.js';
import { nameProblems } from './names.js';
import { Project } from './project.js';
import { referenceProblems } from './references.js';
import { secretProblems } from './secrets.js';

// Without `convert` and `compile`, Salesforce's own tool and the compiler of Apex are left out, which take most of the
// time.
export async function problems(root, { convert = true, compile = true } = {}) {
  const project = new Project(root);
  // Without these files, nothing that refers to them would resolve.
  if (project.problems.length > 0) {
    return { found: project.problems, count: project.files.length };
  }
  const slow = Promise.all([convert ? conversionProblems(project) : [], compile ? apexProblems(project) : []]);
  const found = [
    ...nameProblems(project),
    ...elementProblems(project),
    ...referenceProblems(project),
    ...secretProblems(project),
    ...nameOfFieldProblems(project),
    ...actionProblems(project),
    ...(await slow).flat(),
  ];
  return { found, count: project.files.length };
}
