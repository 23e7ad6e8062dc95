"""A record mapper in Python: the payment's own record, and the paid amount on the Order that it is for.

It receives a payment and returns the complete records. Tollbridge compares them with the last ones and sends only the
changes.
"""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import mapper, types

# Decimals of the currencies that do not have two.
DECIMALS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
) | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)


def decimal(minor_units: int, currency: str) -> str:
    """The amount in decimal notation: 14990 of TRY is 149.90. It uses only integers, so nothing is ever rounded."""
    decimals = DECIMALS.get(currency, 2)
    whole, part = divmod(abs(minor_units), 10**decimals)
    sign = "-" if minor_units < 0 else ""
    return f"{sign}{whole}.{part:0{decimals}}" if decimals else f"{sign}{whole}"


def fields(values: dict[str, str]) -> list[types.Field]:
    """Fields from their names and their values, which are JSON text."""
    return [types.Field(name, value) for name, value in values.items()]


def payment_record(payment: types.Payment, site: types.Site) -> types.RecordWrite:
    currency = payment.amount.currency
    values = {
        "Status__c": json.dumps(payment.status.name.lower()),
        "Currency__c": json.dumps(currency),
        "Amount__c": decimal(payment.amount.minor_units, currency),
        "Captured_Amount__c": decimal(payment.captured.minor_units, currency),
        "Refunded_Amount__c": decimal(payment.refunded.minor_units, currency),
        "Needs_Review__c": json.dumps(bool(payment.review_reasons)),
        "Review_Reason__c": json.dumps("; ".join(payment.review_reasons) or None),
        # Salesforce refuses a lower version than it has, so an older state never overwrites a newer one.
        "Version__c": str(payment.version),
    }
    if site.multi_currency:
        values["CurrencyIsoCode"] = json.dumps(currency)
    key = types.RecordKey_ExternalId(types.ExternalId("Reference__c", payment.reference))
    return types.RecordWrite("MaldoPay_Payment__c", key, types.WriteMode.UPSERT, fields(values))


def order_record(source: types.SourceRecord, totals: types.RecordTotals) -> types.RecordWrite:
    """The Order shows the sums over all its payments, so each of them produces the same record."""
    currency = totals.captured.currency
    captured, refunded = totals.captured.minor_units, totals.refunded.minor_units
    kept = captured - refunded - totals.charged_back.minor_units
    values = {
        "MaldoPay_Status__c": json.dumps(totals.status.name.lower()),
        "MaldoPay_Captured_Amount__c": decimal(captured, currency),
        "MaldoPay_Refunded_Amount__c": decimal(refunded, currency),
        "Description": json.dumps(f"{decimal(kept, currency)} of {decimal(captured, currency)} {currency} kept"),
    }
    return types.RecordWrite("Order", types.RecordKey_Id(source.id), types.WriteMode.UPDATE, fields(values))


def document_problem() -> types.FieldProblem:
    return types.FieldProblem("document", "this mapper takes no document")


class Mapper(exports.Mapper):
    def records(
        self, payment: types.Payment, events: list[types.PaymentEvent], site: types.Site, document: str
    ) -> list[types.RecordWrite]:
        if document:
            raise Err(mapper.MappingError_Field(document_problem()))
        writes = [payment_record(payment, site)]
        if payment.source and payment.source.object == "Order" and payment.record:
            writes.append(order_record(payment.source, payment.record))
        return writes

    def check(self, document: str) -> None:
        if document:
            raise Err([document_problem()])

    def describe(self) -> mapper.Description:
        return mapper.Description("python-mapper", "0.1.0", ["MaldoPay_Payment__c", "Order"])
