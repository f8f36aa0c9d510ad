//! A supplier's UBL invoices, as the tests need them.

use std::fmt::Write;

/// A billed line: article, quantity, price for one, cents of net.
pub(crate) type Billed<'a> = (&'a str, &'a str, &'a str, i64);

/// An invoice or credit note at 20 %, of one supplier to one buyer.
pub(crate) struct Bill<'a> {
    pub(crate) number: &'a str,
    pub(crate) order: &'a str,
    /// The invoice that a credit note corrects.
    pub(crate) corrects: Option<&'a str>,
    pub(crate) supplier: &'a str,
    pub(crate) buyer: &'a str,
    pub(crate) lines: &'a [Billed<'a>],
    /// A freight charge in cents.
    pub(crate) freight: i64,
}

fn euros(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Bill<'_> {
    pub(crate) fn net(&self) -> i64 {
        self.lines.iter().map(|(.., net)| net).sum::<i64>() + self.freight
    }

    pub(crate) fn vat(&self) -> i64 {
        (self.net() * 20 + 50) / 100
    }

    pub(crate) fn gross(&self) -> i64 {
        self.net() + self.vat()
    }

    /// The file.
    pub(crate) fn xml(&self) -> Vec<u8> {
        let credit = self.corrects.is_some();
        let (root, code, line, quantity) = if credit {
            ("CreditNote", "CreditNoteTypeCode>381", "CreditNoteLine", "CreditedQuantity")
        } else {
            ("Invoice", "InvoiceTypeCode>380", "InvoiceLine", "InvoicedQuantity")
        };
        let tag = code.split('>').next().unwrap();
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <{root} xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:{root}-2\" \
             xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
             xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\
             <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>\
             <cbc:ID>{}</cbc:ID><cbc:IssueDate>2026-09-01</cbc:IssueDate>\
             <cbc:{code}</cbc:{tag}><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>\
             <cac:OrderReference><cbc:ID>{}</cbc:ID></cac:OrderReference>",
            self.number, self.order
        );
        if let Some(corrected) = self.corrects {
            write!(
                xml,
                "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>{corrected}</cbc:ID>\
                 </cac:InvoiceDocumentReference></cac:BillingReference>"
            )
            .unwrap();
        }
        for (role, siret) in
            [("AccountingSupplierParty", self.supplier), ("AccountingCustomerParty", self.buyer)]
        {
            write!(
                xml,
                "<cac:{role}><cac:Party><cac:PartyIdentification><cbc:ID schemeID=\"0009\">{siret}\
                 </cbc:ID></cac:PartyIdentification><cac:PostalAddress><cac:Country>\
                 <cbc:IdentificationCode>FR</cbc:IdentificationCode></cac:Country>\
                 </cac:PostalAddress><cac:PartyTaxScheme><cbc:CompanyID>FR00{siren}</cbc:CompanyID>\
                 <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>\
                 <cac:PartyLegalEntity><cbc:RegistrationName>Corps {siren}</cbc:RegistrationName>\
                 <cbc:CompanyID schemeID=\"0002\">{siren}</cbc:CompanyID></cac:PartyLegalEntity>\
                 </cac:Party></cac:{role}>",
                siren = &siret[..9]
            )
            .unwrap();
        }
        xml.push_str("<cac:PaymentTerms><cbc:Note>30 jours</cbc:Note></cac:PaymentTerms>");
        let tax = "<cbc:ID>S</cbc:ID><cbc:Percent>20</cbc:Percent><cac:TaxScheme>\
                   <cbc:ID>VAT</cbc:ID></cac:TaxScheme>";
        if self.freight > 0 {
            write!(
                xml,
                "<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator>\
                 <cbc:AllowanceChargeReasonCode>FC</cbc:AllowanceChargeReasonCode>\
                 <cbc:AllowanceChargeReason>Port</cbc:AllowanceChargeReason>\
                 <cbc:Amount currencyID=\"EUR\">{}</cbc:Amount><cac:TaxCategory>{tax}\
                 </cac:TaxCategory></cac:AllowanceCharge>",
                euros(self.freight)
            )
            .unwrap();
        }
        let (net, vat, gross) = (euros(self.net()), euros(self.vat()), euros(self.gross()));
        let lines = euros(self.net() - self.freight);
        write!(
            xml,
            "<cac:TaxTotal><cbc:TaxAmount currencyID=\"EUR\">{vat}</cbc:TaxAmount><cac:TaxSubtotal>\
             <cbc:TaxableAmount currencyID=\"EUR\">{net}</cbc:TaxableAmount>\
             <cbc:TaxAmount currencyID=\"EUR\">{vat}</cbc:TaxAmount><cac:TaxCategory>{tax}\
             </cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal><cac:LegalMonetaryTotal>\
             <cbc:LineExtensionAmount currencyID=\"EUR\">{lines}</cbc:LineExtensionAmount>\
             <cbc:TaxExclusiveAmount currencyID=\"EUR\">{net}</cbc:TaxExclusiveAmount>\
             <cbc:TaxInclusiveAmount currencyID=\"EUR\">{gross}</cbc:TaxInclusiveAmount>\
             <cbc:ChargeTotalAmount currencyID=\"EUR\">{}</cbc:ChargeTotalAmount>\
             <cbc:PayableAmount currencyID=\"EUR\">{gross}</cbc:PayableAmount>\
             </cac:LegalMonetaryTotal>",
            euros(self.freight)
        )
        .unwrap();
        for ((article, count, price, net), id) in self.lines.iter().zip(1..) {
            write!(
                xml,
                "<cac:{line}><cbc:ID>{id}</cbc:ID><cbc:{quantity} unitCode=\"H87\">{count}\
                 </cbc:{quantity}><cbc:LineExtensionAmount currencyID=\"EUR\">{}\
                 </cbc:LineExtensionAmount><cac:Item><cbc:Name>Article {article}</cbc:Name>\
                 <cac:BuyersItemIdentification><cbc:ID>{article}</cbc:ID>\
                 </cac:BuyersItemIdentification><cac:ClassifiedTaxCategory>{tax}\
                 </cac:ClassifiedTaxCategory></cac:Item><cac:Price>\
                 <cbc:PriceAmount currencyID=\"EUR\">{price}</cbc:PriceAmount></cac:Price>\
                 </cac:{line}>",
                euros(*net)
            )
            .unwrap();
        }
        write!(xml, "</{root}>").unwrap();
        xml.into_bytes()
    }
}
