// The files of the project: which package directory each is in, what component it is, and its elements.

import fs from 'node:fs';
import path from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { ComponentSet } from '@salesforce/source-deploy-retrieve';

// Which directories must be installed before a directory is: it may refer to their components.
const LANGUAGES = /^(.*)-([a-z]{2}(?:_[A-Z]{2})?)$/;
export function needs(directory) {
  const language = LANGUAGES.exec(directory);
  if (language) {
    return [language[1], ...needs(language[1])];
  }
  return directory === 'tollbridge' ? [] : ['tollbridge'];
}

// Every element is a list of texts and of elements, however many there are.
const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, isArray: () => true });

export class Project {
  constructor(root) {
    this.root = root;
    this.problems = [];
    const manifest = JSON.parse(fs.readFileSync(path.join(root, 'sfdx-project.json'), 'utf8'));
    this.apiVersion = manifest.sourceApiVersion;
    this.directories = manifest.packageDirectories.map((directory) => directory.path);
    this.files = this.directories.flatMap((directory) => this.#read(directory));
  }

  #read(directory) {
    const folder = path.join(this.root, directory);
    if (!fs.existsSync(folder)) {
      this.problems.push(`sfdx-project.json: there is no directory ${directory}`);
      return [];
    }
    const components = this.#components(folder);
    const children = components.flatMap((component) => [component, ...component.getChildren()]);
    const byPath = new Map();
    for (const component of children) {
      for (const file of [component.xml, component.content]) {
        // A component without a file of its own has its parent's, or its folder.
        if (file && fs.statSync(file).isFile() && !byPath.has(file)) {
          byPath.set(file, component);
        }
      }
    }
    return this.#paths(folder).map((file) => this.#file(directory, file, byPath.get(file)));
  }

  #components(folder) {
    try {
      return ComponentSet.fromSource(folder).getSourceComponents().toArray();
    } catch (error) {
      const [named, file] = /([^\s[]*-meta\.xml)/.exec(error.message) ?? [undefined, folder];
      this.problems.push(`${path.relative(this.root, file)}: ${error.message.replace(named, 'this')}`);
      return [];
    }
  }

  #paths(folder) {
    const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
      .sort();
  }

  #file(directory, absolute, component) {
    const file = {
      path: path.relative(this.root, absolute),
      directory,
      type: component?.type.name,
      fullName: component?.fullName,
      text: fs.readFileSync(absolute, 'utf8'),
    };
    if (absolute.endsWith('-meta.xml')) {
      const valid = XMLValidator.validate(file.text);
      if (valid === true) {
        const { '?xml': _, ...roots } = parser.parse(file.text);
        [file.root] = Object.keys(roots);
        file.elements = asElements(roots[file.root][0]);
      } else {
        this.problems.push(`${file.path}: no XML: ${valid.err.msg}, line ${valid.err.line}`);
      }
    }
    return file;
  }
}

// An element without children is parsed as a text.
function asElements(parsed) {
  return typeof parsed === 'object' ? parsed : {};
}

// The texts of the elements with this name.
export function texts(elements, name) {
  return (elements?.[name] ?? []).filter((value) => typeof value === 'string');
}

// The text of the only element with this name, if there is one.
export function text(elements, name) {
  return texts(elements, name)[0];
}

// The elements with this name that have children.
export function all(elements, name) {
  return (elements?.[name] ?? []).filter((value) => typeof value === 'object');
}
