// Salesforce's own tool makes of each package directory what is deployed, with every component in it, and with the
// address of the gateway where `sfdx-project.json` says so.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ComponentSet, MetadataConverter } from '@salesforce/source-deploy-retrieve';

const ADDRESS = 'https://gateway.example.com';

export async function conversionProblems(project) {
  process.env.SF_APPLY_REPLACEMENTS_ON_CONVERT = 'true';
  process.env.TOLLBRIDGE_URL = ADDRESS;
  const output = fs.mkdtempSync(path.join(os.tmpdir(), 'tollbridge-metadata-'));
  try {
    const results = await Promise.all(project.directories.map((directory) => convert(project, directory, output)));
    return results.flat();
  } finally {
    fs.rmSync(output, { recursive: true, force: true });
  }
}

async function convert(project, directory, output) {
  const folder = path.join(project.root, directory);
  if (!fs.existsSync(folder)) {
    return [];
  }
  try {
    const components = ComponentSet.fromSource(folder);
    components.sourceApiVersion = project.apiVersion;
    components.projectDirectory = project.root;
    const converted = await new MetadataConverter().convert(components, 'metadata', {
      type: 'directory',
      outputDirectory: output,
      packageName: directory,
      genUniqueDir: false,
    });
    const manifest = fs.readFileSync(path.join(converted.packagePath, 'package.xml'), 'utf8');
    if (!manifest.includes(`<version>${project.apiVersion}</version>`)) {
      return [`${directory}: the package is not of API version ${project.apiVersion}`];
    }
    return credentialProblems(path.join(converted.packagePath, 'namedCredentials'), directory);
  } catch (error) {
    return [`${directory}: it cannot be converted: ${error.message}`];
  }
}

// A named credential that kept the address of the files would call nobody.
function credentialProblems(folder, directory) {
  const files = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const unchanged = files.filter((file) => !fs.readFileSync(path.join(folder, file), 'utf8').includes(ADDRESS));
  return unchanged.map((file) => `${directory}: ${file} does not get the address of TOLLBRIDGE_URL`);
}
