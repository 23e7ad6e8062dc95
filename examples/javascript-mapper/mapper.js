// A record mapper in JavaScript: the payment's own record, and the paid amount on the Order that it is for.
//
// It receives a payment and returns the complete records. Tollbridge compares them with the last ones and sends only
// the changes.

// Decimals of the currencies that do not have two.
const DECIMALS = new Map([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" ").map((code) => [code, 0]),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((code) => [code, 3]),
]);

// The amount in decimal notation: 14990n of TRY is 149.90. Minor units are a BigInt, so nothing is ever rounded.
function decimal(minorUnits, currency) {
  const decimals = DECIMALS.get(currency) ?? 2;
  const sign = minorUnits < 0n ? "-" : "";
  const digits = (minorUnits < 0n ? -minorUnits : minorUnits).toString().padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  return sign + digits.slice(0, point) + (decimals ? "." + digits.slice(point) : "");
}

// Fields from their names and their values, which are JSON text.
function fields(values) {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

// Statuses arrive in the WIT's spelling: partially-refunded.
function written(status) {
  return JSON.stringify(status.replaceAll("-", "_"));
}

function paymentRecord(payment, site) {
  const { currency } = payment.amount;
  const values = {
    Status__c: written(payment.status),
    Currency__c: JSON.stringify(currency),
    Amount__c: decimal(payment.amount.minorUnits, currency),
    Captured_Amount__c: decimal(payment.captured.minorUnits, currency),
    Refunded_Amount__c: decimal(payment.refunded.minorUnits, currency),
    Needs_Review__c: JSON.stringify(payment.reviewReasons.length > 0),
    Review_Reason__c: JSON.stringify(payment.reviewReasons.join("; ") || null),
    // Salesforce refuses a lower version than it has, so an older state never overwrites a newer one.
    Version__c: payment.version.toString(),
  };
  if (site.multiCurrency) {
    values.CurrencyIsoCode = JSON.stringify(currency);
  }
  const key = { tag: "external-id", val: { field: "Reference__c", value: payment.reference } };
  return { object: "MaldoPay_Payment__c", key, mode: "upsert", fields: fields(values) };
}

// The Order shows the sums over all its payments, so each of them produces the same record.
function orderRecord(source, totals) {
  const { currency } = totals.captured;
  const captured = totals.captured.minorUnits;
  const refunded = totals.refunded.minorUnits;
  const kept = captured - refunded - totals.chargedBack.minorUnits;
  const values = {
    MaldoPay_Status__c: written(totals.status),
    MaldoPay_Captured_Amount__c: decimal(captured, currency),
    MaldoPay_Refunded_Amount__c: decimal(refunded, currency),
    Description: JSON.stringify(`${decimal(kept, currency)} of ${decimal(captured, currency)} ${currency} kept`),
  };
  return { object: "Order", key: { tag: "id", val: source.id }, mode: "update", fields: fields(values) };
}

const DOCUMENT_PROBLEM = { field: "document", problem: "this mapper takes no document" };

export const mapper = {
  records(payment, events, site, document) {
    if (document !== "") {
      throw { tag: "field", val: DOCUMENT_PROBLEM };
    }
    const writes = [paymentRecord(payment, site)];
    if (payment.source?.object === "Order" && payment.record) {
      writes.push(orderRecord(payment.source, payment.record));
    }
    return writes;
  },

  check(document) {
    if (document !== "") {
      throw [DOCUMENT_PROBLEM];
    }
  },

  describe() {
    return { name: "javascript-mapper", version: "0.1.0", objects: ["MaldoPay_Payment__c", "Order"] };
  },
};

// The world also exports its types, which need no code.
export const types = {};
