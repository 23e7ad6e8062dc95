// The checks find what they are for: a copy of the project is broken in each of the ways that they look for, and each
// must be seen, in the file that was broken.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ACCESS } from './breakages/access.js';
import { APEX, QUERIES } from './breakages/apex.js';
import { core, create, payment } from './breakages/edits.js';
import { FORMS } from './breakages/forms.js';
import { PAGES } from './breakages/pages.js';
import { REPORTS } from './breakages/reports.js';
import { ACTION, FLOW, SCREENS } from './breakages/screens.js';
import { problems } from './problems.js';

const original = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const QUICK = { convert: false, compile: false };
const BREAKAGES = [...FORMS, ...ACCESS, ...PAGES, ...REPORTS, ...SCREENS, ...QUERIES];

let copy;
before(() => {
  copy = fs.mkdtempSync(path.join(os.tmpdir(), 'tollbridge-salesforce-'));
  fs.cpSync(original, copy, { recursive: true, filter: (file) => path.basename(file) !== 'node_modules' });
});
after(() => fs.rmSync(copy, { recursive: true, force: true }));

// Breaks the copy, looks for problems, and mends it again.
async function broken({ from, file, edit }, look) {
  const source = path.join(copy, from ?? file);
  const target = path.join(copy, file);
  const saved = fs.existsSync(source) ? fs.readFileSync(source, 'utf8') : undefined;
  fs.mkdirSync(path.dirname(target), { recursive: true });
  if (from) {
    fs.rmSync(source);
  }
  fs.writeFileSync(target, edit ? edit(saved) : saved);
  try {
    return await look();
  } finally {
    fs.rmSync(target);
    if (saved !== undefined) {
      fs.writeFileSync(source, saved);
    }
  }
}

// `main.js` has compiled the same Apex before.
test('the project has no problem', async () => {
  assert.deepEqual((await problems(copy, { compile: false })).found, []);
});

test('a flow and a quick action that are right have no problem', async () => {
  const found = await broken(create(`${core}/flows/Example.flow-meta.xml`, FLOW), () =>
    broken(create(`${core}/quickActions/MaldoPay_Payment__c.Example.quickAction-meta.xml`, ACTION), () =>
      problems(copy, QUICK),
    ),
  );
  assert.deepEqual(found.found, []);
});

for (const [name, breakage, expected] of BREAKAGES) {
  test(`${name} is found`, async () => {
    const { found } = await broken(breakage, () => problems(copy, QUICK));
    const seen = found.filter((problem) => problem.startsWith(breakage.file) && expected.test(problem));
    assert.notEqual(seen.length, 0, `not among: ${found.slice(0, 5).join('; ') || 'no problems'}`);
  });
}

test('an address that is not replaced is found', async () => {
  const edit = (text) => text.replace('https://tollbridge.invalid', 'https://tollbridge.example.com');
  const file = `${core}/namedCredentials/Tollbridge.namedCredential-meta.xml`;
  const { found } = await broken({ file, edit }, () => problems(copy, { compile: false }));
  assert.deepEqual(found, ['tollbridge: Tollbridge.namedCredential does not get the address of TOLLBRIDGE_URL']);
});

// It takes a comment before the root element for the root.
test("what Salesforce's own tool cannot convert is found", async () => {
  const edit = (text) => text.replace('<CustomField', '<!-- a comment -->\n<CustomField');
  const file = `${payment}/fields/Status__c.field-meta.xml`;
  const { found } = await broken({ file, edit }, () => problems(copy, { compile: false }));
  assert.match(found.join('; '), /^tollbridge: it cannot be converted: [^;]*$/);
});

test('Apex that does not compile, or is not in its form, is found', async () => {
  const look = () => problems(copy, { convert: false });
  const brokenAtOnce = APEX.reduce(
    (inner, [, breakage]) =>
      () =>
        broken(breakage, inner),
    look,
  );
  const { found } = await brokenAtOnce();
  for (const [name, { file }, expected] of APEX) {
    const seen = found.filter((problem) => problem.startsWith(file) && expected.test(problem));
    assert.notEqual(seen.length, 0, `${name} is not among: ${found.join('; ') || 'no problems'}`);
  }
});

test('Java that is missing is said', async () => {
  const saved = process.env.PATH;
  process.env.PATH = copy;
  try {
    const { found } = await problems(copy, { convert: false });
    assert.match(found.join('; '), /Java 17 or newer is missing/);
  } finally {
    process.env.PATH = saved;
  }
});
