// Shows the organisation's records and asks for them again whenever they changed.
// Every value is put in as text: a record may hold whatever a stranger wrote.
"use strict";

const PAYMENT = "MaldoPay_Payment__c";
const EVENT = "MaldoPay_Event__c";
const IN_THE_HEAD = new Set(["Id", "Reference__c", "Status__c", "Amount__c", "Currency__c", "CurrencyIsoCode"]);
const GOOD = new Set(["authorized", "captured", "settled", "paid_out"]);
const BAD = new Set(["failed", "charged_back", "disputed", "canceled"]);
const RETRY_AFTER_MS = 1000;

function element(tag, className, ...content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...content.map((part) => (part instanceof Node ? part : document.createTextNode(String(part)))));
  return node;
}

function label(field) {
  return field.replace(/__[cr]$/, "").replace(/^MaldoPay_/, "").replaceAll("_", " ");
}

function shown(value) {
  return value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function badge(status) {
  const plain = shown(status).toLowerCase().replaceAll(" ", "_");
  const tone = GOOD.has(plain) ? "good" : BAD.has(plain) ? "bad" : "";
  return element("span", `badge ${tone}`, shown(status) || "no status");
}

function table(records, columns) {
  const head = element("tr", "", ...columns.map((column) => element("th", "", label(column))));
  const rows = records.map((record) =>
    element("tr", "", ...columns.map((column) => element("td", "", shown(record[column])))));
  return element("div", "scroll", element("table", "", element("thead", "", head), element("tbody", "", ...rows)));
}

function columnsOf(records, first) {
  const all = new Set(records.flatMap((record) => Object.keys(record)));
  return [...first.filter((column) => all.has(column)), ...[...all].filter((column) => !first.includes(column))];
}

function payment(record, events) {
  const head = element("div", "head",
    element("span", "amount", `${shown(record.Amount__c)} ${shown(record.Currency__c ?? record.CurrencyIsoCode)}`),
    badge(record.Status__c),
    element("span", "reference", shown(record.Reference__c)));
  const fields = Object.keys(record).filter((field) => !IN_THE_HEAD.has(field));
  const details = element("dl", "", ...fields.map((field) =>
    element("div", "", element("dt", "", label(field)), element("dd", "", shown(record[field])))));
  const card = element("article", "card", head, details);
  const own = events.filter((event) => event.MaldoPay_Payment__c === record.Id);
  if (own.length > 0) {
    card.append(table(own, ["Kind__c", "Amount__c", "Currency__c", "Provider_Reference__c",
      "Occurred_At__c", "Code__c", "Reason__c", "Event_Id__c"]));
  }
  return card;
}

function replace(id, nodes, empty) {
  const content = nodes.length > 0 ? nodes : [element("p", "empty", empty)];
  document.getElementById(id).replaceChildren(...content);
}

function source(id, records, first, empty) {
  const list = records.length > 0 ? [element("div", "card", table(records, columnsOf(records, first)))] : [];
  replace(id, list, empty);
}

function show(records) {
  const events = records[EVENT] ?? [];
  const payments = (records[PAYMENT] ?? []).toReversed();
  replace("payments", payments.map((record) => payment(record, events)), "No payments yet.");
  source("orders", records.Order ?? [], ["Id", "OrderNumber", "Name", "Status"], "No orders yet.");
  source("invoices", records.Invoice ?? [], ["Id", "InvoiceNumber", "Name", "Status"], "No invoices yet.");
}

async function follow() {
  const live = document.getElementById("live");
  let after = "";
  for (;;) {
    try {
      const answer = await fetch(`/sandbox/records${after}`);
      const { changes, records } = await answer.json();
      show(records);
      after = `?after=${changes}`;
      live.textContent = `Live · ${changes} changes`;
    } catch {
      live.textContent = "The sandbox does not answer. Trying again …";
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
    }
  }
}

follow();
