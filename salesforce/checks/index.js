// What may be referred to: the components of a package directory and of those that it needs, and Salesforce's own.

import path from 'node:path';
import { FIELDS_OF_EVERY_OBJECT, STANDARD_OBJECTS } from './known.js';
import { all, needs, text, texts } from './project.js';

export class Index {
  constructor(project, directory) {
    const visible = new Set([directory, ...needs(directory)]);
    this.files = project.files.filter((file) => visible.has(file.directory));
    this.names = new Map();
    this.objects = new Map();
    for (const [object, fields] of Object.entries(STANDARD_OBJECTS)) {
      this.#object(object, [...FIELDS_OF_EVERY_OBJECT, ...fields]);
    }
    for (const file of this.files) {
      this.#add(file);
    }
  }

  #object(name, fields = FIELDS_OF_EVERY_OBJECT) {
    if (!this.objects.has(name)) {
      this.objects.set(name, new Map(fields.map((field) => [field, {}])));
    }
    return this.objects.get(name);
  }

  #add(file) {
    if (file.type) {
      this.#named(file.type).set(file.fullName, file);
    }
    // A file without a component of its own, such as a class, is found by its name.
    const object = /\/objects\/([^/]+)\//.exec(file.path)?.[1];
    if (file.root === 'CustomObject') {
      this.#object(object);
    } else if (file.root === 'CustomField') {
      this.#object(object).set(path.basename(file.path).split('.')[0], file.elements);
    }
  }

  #named(type) {
    if (!this.names.has(type)) {
      this.names.set(type, new Map());
    }
    return this.names.get(type);
  }

  // The component of this type and name.
  component(type, name) {
    return this.names.get(type)?.get(name);
  }

  has(type, name) {
    return this.component(type, name) !== undefined;
  }

  // The elements of a field; nothing if there is none. A field of the other side of a lookup is `Lookup__r.Field__c`.
  field(object, name) {
    const [first, ...rest] = name.split('.');
    if (rest.length > 0 && first.endsWith('__r')) {
      const lookup = this.objects.get(object)?.get(first.replace(/__r$/, '__c'));
      return lookup && this.field(text(lookup, 'referenceTo'), rest.join('.'));
    }
    return this.objects.get(object)?.get(name);
  }

  // The object whose lookup gives another object this list, such as `MaldoPay_Events` of a payment.
  child(parent, relationship) {
    for (const [object, fields] of this.objects) {
      for (const [name, field] of fields) {
        if (text(field, 'referenceTo') === parent && text(field, 'relationshipName') === relationship) {
          return { object, lookup: name };
        }
      }
    }
    return undefined;
  }

  // The values and the labels of a picklist.
  values(field) {
    const definitions = all(field, 'valueSet').flatMap((set) => all(set, 'valueSetDefinition'));
    const values = definitions.flatMap((definition) => all(definition, 'value'));
    return {
      values: values.map((value) => text(value, 'fullName')),
      labels: values.flatMap((value) => texts(value, 'label')),
    };
  }
}
