// No file holds a secret, a person, or an address that belongs to one organisation.

import { all, text } from './project.js';

const SECRET_ELEMENTS = [
  'password',
  'oauthToken',
  'oauthRefreshToken',
  'awsAccessSecret',
  'consumerSecret',
  'consumerKey',
];

export function secretProblems(project) {
  const problems = [];
  for (const file of project.files.filter((file) => file.elements)) {
    const report = (problem) => problems.push(`${file.path}: ${problem}`);
    for (const name of SECRET_ELEMENTS) {
      if (file.text.includes(`<${name}>`)) {
        report(`<${name}> is entered in Setup, and is in no file`);
      }
    }
    if (file.root === 'ExternalCredential') {
      for (const parameter of all(file.elements, 'externalCredentialParameters')) {
        const value = text(parameter, 'parameterValue');
        if (value !== undefined && !/\{!.*\$Credential\./.test(value)) {
          report('the value of a parameter names what is entered in Setup, with $Credential, and holds nothing itself');
        }
      }
    }
    if (file.root === 'Dashboard') {
      if (text(file.elements, 'runningUser') !== undefined || text(file.elements, 'dashboardType') !== 'LoggedInUser') {
        report(
          'it shows what the person who looks at it may see: a named running user exists in one organisation only',
        );
      }
    }
  }
  return problems;
}
