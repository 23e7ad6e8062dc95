// Shows the organisation's records, asks for them again whenever they changed, and calls Tollbridge about an Order.
// Every value is put in as text: a record may hold whatever a stranger wrote.
"use strict";

const PAYMENT = "MaldoPay_Payment__c";
const EVENT = "MaldoPay_Event__c";
const IN_THE_HEAD = new Set(["Id", "Reference__c", "Status__c", "Amount__c", "Currency__c", "CurrencyIsoCode"]);
const GOOD = new Set(["authorized", "captured", "settled", "paid_out"]);
const BAD = new Set(["failed", "charged_back", "disputed", "canceled"]);
const ACTIONS = { charge: "Charge", authorize: "Authorize", capture: "Capture", refund: "Refund", void: "Void" };
const OPENING = new Set(["charge", "authorize"]);
const RETRY_AFTER_MS = 1000;

// The forms of the Orders, by id. They stay while the records around them are drawn again.
const forms = new Map();
let scenarios = [];

function element(tag, className, ...content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...content.map((part) => (part instanceof Node ? part : document.createTextNode(String(part)))));
  return node;
}

function currencyOf(record) {
  return record.Currency__c ?? record.CurrencyIsoCode;
}

function decimals(currency) {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  } catch {
    return 2;
  }
}

function shown(value) {
  return value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

// A field as people see it: an amount has the decimals of its currency.
function field(record, name) {
  const value = record[name];
  return typeof value === "number" && name.includes("Amount") ? value.toFixed(decimals(currencyOf(record))) : shown(value);
}

function badge(status) {
  const plain = shown(status).toLowerCase().replaceAll(" ", "_");
  const tone = GOOD.has(plain) ? "good" : BAD.has(plain) ? "bad" : "";
  return element("span", `badge ${tone}`, shown(status) || "no payment");
}

function table(records, columns) {
  const head = element("tr", "", ...columns.map((column) => element("th", "", column)));
  const rows = records.map((record) =>
    element("tr", "", ...columns.map((column) => element("td", "", field(record, column)))));
  return element("div", "scroll", element("table", "", element("thead", "", head), element("tbody", "", ...rows)));
}

// Fields with their API names, as a mapping or a report names them.
function details(record, names) {
  return element("dl", "", ...names.map((name) =>
    element("div", "", element("dt", "", element("code", "", name)), element("dd", "", field(record, name)))));
}

function payment(record, events) {
  const head = element("div", "head",
    element("span", "amount", `${field(record, "Amount__c")} ${shown(currencyOf(record))}`),
    badge(record.Status__c),
    element("span", "reference", shown(record.Reference__c)));
  const names = Object.keys(record).filter((name) => !IN_THE_HEAD.has(name));
  const card = element("article", "card", head, details(record, names));
  const own = events.filter((event) => event.MaldoPay_Payment__c === record.Id);
  if (own.length > 0) {
    card.append(table(own, ["Kind__c", "Amount__c", "Currency__c", "Fee_Amount__c", "Provider_Reference__c",
      "Occurred_At__c", "Code__c", "Reason__c", "Event_Id__c"]));
  }
  return card;
}

function labelled(label, control) {
  return element("label", "", label, control);
}

// The amount whose last two digits choose the scenario.
function withEnding(amount, ending, currency) {
  const digits = decimals(currency);
  const units = Math.round(Number(amount) * 10 ** digits);
  return ((Math.trunc(units / 100) * 100 + ending) / 10 ** digits).toFixed(digits);
}

function report(output, { status, response }) {
  const failed = status === null || status >= 400;
  output.className = failed ? "bad" : "";
  if (failed) {
    const problem = response.code ? `${response.code}: ` : "";
    output.replaceChildren(`${problem}${shown(response.detail ?? response.title ?? response)}`);
    return;
  }
  output.replaceChildren(`${status}: payment ${shown(response.reference)} is ${shown(response.status)}. `);
  if (/^https?:/.test(response.redirectUrl ?? "")) {
    const link = element("a", "", "Pay on MaldoPay's page");
    link.href = response.redirectUrl;
    link.target = "_blank";
    link.rel = "noreferrer";
    output.append(link);
  }
}

async function act(order, action, amount) {
  try {
    const answer = await fetch(`/sandbox/orders/${encodeURIComponent(order)}/actions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ action, amount, idempotencyKey: crypto.randomUUID() }),
    });
    return answer.ok ? await answer.json() : { status: null, response: { detail: await answer.text() } };
  } catch {
    return { status: null, response: { detail: "The sandbox does not answer." } };
  }
}

function actions(record) {
  const currency = currencyOf(record);
  const amount = element("input", "");
  amount.inputMode = "decimal";
  amount.autocomplete = "off";
  amount.value = field(record, "TotalAmount");
  const ending = element("select", "", new Option("you decide on MaldoPay's page", ""),
    ...scenarios.map((scenario) => new Option(scenario.description, scenario.ending)));
  ending.addEventListener("change", () => {
    amount.value = ending.value === "" ? field(record, "TotalAmount")
      : withEnding(record.TotalAmount ?? 0, Number(ending.value), currency);
  });
  const output = element("output", "");
  const buttons = Object.entries(ACTIONS).map(([action, label]) => {
    const button = element("button", "", label);
    button.type = "button";
    button.addEventListener("click", async () => {
      buttons.forEach((other) => { other.disabled = true; });
      report(output, await act(record.Id, action, amount.value));
      buttons.forEach((other) => { other.disabled = false; });
      // What follows is mostly about all of the payment.
      if (OPENING.has(action)) amount.value = "";
    });
    return button;
  });
  return element("div", "actions", labelled(`Amount in ${shown(currency) || "TRY"} (empty: all of it)`, amount),
    labelled("What happens to it", ending), ...buttons, output);
}

function order(record, buttons) {
  const head = element("div", "head",
    element("strong", "", `Order ${shown(record.OrderNumber)}`),
    element("span", "amount", `${field(record, "TotalAmount")} ${shown(currencyOf(record))}`),
    badge(record.MaldoPay_Status__c),
    element("span", "reference", shown(record.Id)));
  const written = Object.keys(record).filter((name) => name.startsWith("MaldoPay_"));
  const card = element("article", "card", head, details(record, written));
  if (buttons) {
    if (!forms.has(record.Id)) forms.set(record.Id, actions(record));
    card.append(forms.get(record.Id));
  }
  return card;
}

function replace(id, nodes, empty) {
  const content = nodes.length > 0 ? nodes : [element("p", "empty", empty)];
  const place = document.getElementById(id);
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  place.replaceChildren(...content);
  // A form that was put in again has lost the focus.
  focused?.focus();
}

function invoice(record) {
  const head = element("div", "head",
    element("strong", "", `Invoice ${shown(record.InvoiceNumber ?? record.DocumentNumber ?? record.Id)}`),
    badge(record.MaldoPay_Status__c));
  return element("article", "card", head, details(record, Object.keys(record)));
}

function show(records, buttons) {
  const events = records[EVENT] ?? [];
  const payments = (records[PAYMENT] ?? []).toReversed();
  const orders = (records.Order ?? []).toReversed();
  replace("orders", orders.map((record) => order(record, buttons)), "No orders yet.");
  replace("payments", payments.map((record) => payment(record, events)), "No payments yet.");
  replace("invoices", (records.Invoice ?? []).map(invoice), "No invoices yet.");
}

async function follow() {
  const live = document.getElementById("live");
  let after = "";
  for (;;) {
    try {
      if (scenarios.length === 0) scenarios = await (await fetch("/sandbox/scenarios")).json();
      const answer = await fetch(`/sandbox/records${after}`);
      const { changes, records, buttons } = await answer.json();
      show(records, buttons);
      after = `?after=${changes}`;
      live.textContent = `Live · ${changes} changes`;
    } catch {
      live.textContent = "The sandbox does not answer. Trying again …";
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
    }
  }
}

follow();
