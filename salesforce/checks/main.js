// `make salesforce-check`: prints every problem of the project, and fails if there is one.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { problems } from './problems.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { found, count } = await problems(root);
for (const problem of found) {
  console.error(`salesforce/${problem}`);
}
console.log(`${count} files of metadata, ${found.length} problems`);
process.exitCode = found.length === 0 ? 0 : 1;
