// What Salesforce has and the tools do not know yet, each with the reason why it is allowed here; and what every
// organisation has of its own.

// Types and elements that are newer than the WSDL from which `ApiSchemas` of jsforce was made. They have the form of
// that table: "?" stands for optional, brackets for any number.
const EXTENDED = { extends: 'Metadata' };
export const NEWER_TYPES = {
  // API version 59.0, the Metadata API Developer Guide's "ExternalClientApplication".
  ExternalClientApplication: {
    ...EXTENDED,
    props: {
      contactEmail: 'string',
      contactPhone: '?string',
      description: '?string',
      distributionState: 'string',
      iconUrl: '?string',
      infoUrl: '?string',
      isProtected: '?boolean',
      label: 'string',
      logoUrl: '?string',
      orgScopedExternalApp: '?string',
    },
  },
  // API version 56.0, the guide's "ExternalCredential".
  ExternalCredential: {
    ...EXTENDED,
    props: {
      authenticationProtocol: 'string',
      description: '?string',
      externalCredentialParameters: ['ExternalCredentialParameter'],
      label: 'string',
    },
  },
  ExternalCredentialParameter: {
    props: {
      description: '?string',
      parameterGroup: '?string',
      parameterName: 'string',
      parameterType: 'string',
      parameterValue: '?string',
      sequenceNumber: '?number',
    },
  },
  // API version 56.0, the guide's "NamedCredential".
  NamedCredentialParameter: {
    props: {
      certificate: '?string',
      description: '?string',
      externalCredential: '?string',
      parameterName: 'string',
      parameterType: 'string',
      parameterValue: '?string',
      sequenceNumber: '?number',
    },
  },
  // API version 59.0, the guide's "PermissionSet".
  PermissionSetExternalCredentialPrincipalAccess: {
    props: { enabled: 'boolean', externalCredentialPrincipal: 'string' },
  },
};

export const NEWER_ELEMENTS = {
  NamedCredential: {
    // Only named credentials of the old kind have these two since API version 56.0.
    principalType: '?string',
    protocol: '?string',
    calloutStatus: '?string',
    namedCredentialParameters: ['NamedCredentialParameter'],
    namedCredentialType: '?string',
  },
  PermissionSet: {
    externalCredentialPrincipalAccesses: ['PermissionSetExternalCredentialPrincipalAccess'],
  },
};

// Elements that the WSDL requires and source format leaves out.
export const NOT_IN_SOURCE = new Set(['fullName']);

// Fields that every object has.
export const FIELDS_OF_EVERY_OBJECT = [
  'Id',
  'Name',
  'OwnerId',
  'CreatedById',
  'CreatedDate',
  'LastModifiedById',
  'LastModifiedDate',
];
// What list views and related lists call them.
export const LIST_COLUMNS = ['NAME', 'OWNER.ALIAS', 'CREATEDBY_USER', 'CREATED_DATE', 'UPDATEDBY_USER', 'LAST_UPDATE'];

// Standard objects, with the fields that the package refers to. Salesforce's Object Reference has them.
export const STANDARD_OBJECTS = {
  Account: [],
  Contact: ['Email'],
  Invoice: ['DocumentNumber', 'InvoiceNumber', 'Status'],
  Order: ['OrderNumber', 'Status', 'TotalAmount'],
  User: [],
  UserExternalCredential: [],
};

// Permissions of no object. The integration user is the only one that has any.
export const USER_PERMISSIONS = ['ApiEnabled', 'ApiUserOnly'];

export const LIST_OPERATIONS = [
  'equals',
  'notEqual',
  'lessThan',
  'greaterThan',
  'lessOrEqual',
  'greaterOrEqual',
  'contains',
  'notContain',
  'startsWith',
  'includes',
  'excludes',
];
