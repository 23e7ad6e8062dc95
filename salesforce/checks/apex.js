// The Apex classes: their types, by the compiler that knows Salesforce's own classes and this project's objects; the
// names of custom fields and objects, also in queries, which that compiler does not read; who may run them; and their
// form.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import prettier from 'prettier';
import * as apex from 'prettier-plugin-apex';
import { Index } from './index.js';
import { all, texts } from './project.js';

const COMPILER = 'io.github.apexdevtools.apexls.CheckForIssues';
const engine = createRequire(import.meta.url).resolve('@salesforce/code-analyzer-pmd-engine');
const LIBRARIES = path.join(path.dirname(engine), 'java-lib', '*');
const JAVA_MISSING = 'Java 17 or newer is missing, which checks the Apex: apt-get install default-jre-headless';
// It ends with these where it found nothing, and where it found something.
const EXITS = [0, 4];

// The names of custom fields and objects that no package directory has. It starts nothing.
export function nameOfFieldProblems(project) {
  const problems = [];
  for (const directory of project.directories) {
    const { objects } = new Index(project, directory);
    const fields = [...objects.values()].flatMap((known) => [...known.keys()]);
    const known = new Set([...objects.keys(), ...fields]);
    for (const file of classes(project).filter((file) => file.directory === directory)) {
      const names = new Set(file.text.match(/\b\w+__c\b/g) ?? []);
      for (const name of [...names].filter((name) => !known.has(name))) {
        problems.push(`${file.path}: there is no field or object ${name}`);
      }
    }
  }
  return problems;
}

// The actions that no permission set gives, so that nobody could run them. It starts nothing.
export function actionProblems(project) {
  const sets = project.files.filter((file) => file.root === 'PermissionSet');
  const accesses = sets.flatMap((file) => all(file.elements, 'classAccesses'));
  const given = new Set(accesses.flatMap((access) => texts(access, 'apexClass')));
  const actions = classes(project).filter((file) => file.text.includes('@InvocableMethod'));
  const closed = actions.filter((file) => !given.has(path.basename(file.path, '.cls')));
  return closed.map((file) => `${file.path}: no permission set gives this action`);
}

export async function apexProblems(project) {
  if (classes(project).length === 0) {
    return [];
  }
  const [types, form] = await Promise.all([typeProblems(project.root), formProblems(project)]);
  return [...types, ...form];
}

function classes(project) {
  return project.files.filter((file) => file.path.endsWith('.cls'));
}

async function formProblems(project) {
  const problems = [];
  for (const file of classes(project)) {
    const filepath = path.join(project.root, file.path);
    const options = { ...(await prettier.resolveConfig(filepath)), filepath, plugins: [apex] };
    // What cannot be parsed is the compiler's to report.
    const formatted = await prettier.check(file.text, options).catch(() => true);
    if (!formatted) {
      problems.push(`${file.path}: it is not in Prettier's form: npm --prefix salesforce run format`);
    }
  }
  return problems;
}

async function typeProblems(root) {
  const { code, output, errors } = await run('java', [
    // It lives for seconds only.
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-cp',
    LIBRARIES,
    COMPILER,
    '--nocache',
    '--workspace',
    root,
    '--detail',
    'warnings',
    '--format',
    'json',
  ]);
  if (code === 'ENOENT') {
    return [JAVA_MISSING];
  }
  const report = EXITS.includes(code) ? parsed(output) : undefined;
  if (report === undefined) {
    return [`the Apex could not be checked by java: ${(errors || output).trim().split('\n')[0]}`];
  }
  return report.files.flatMap((file) =>
    file.messages.map(
      ({ start, message }) => `${path.relative(root, file.path)}: line ${start.line}: ${message.split('\n')[0]}`,
    ),
  );
}

function parsed(output) {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

function run(command, parameters) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (errors += data));
    child.on('error', (error) => resolve({ code: error.code, output, errors }));
    child.on('close', (code) => resolve({ code, output, errors }));
  });
}
