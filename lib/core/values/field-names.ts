/** What the names of fields say of their values: a hint where the values themselves can be taken in two ways. */

/** Words of a name: "Order No", "order_no", "orderNo" and "ORDER NO" have the same two. */
function wordsOf(name: string): string[] {
  return name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}#]+/u);
}

/** Whether a word of the name is one of these. */
export function isNamed(name: string, words: ReadonlySet<string>): boolean {
  return wordsOf(name).some((word) => words.has(word));
}

/** What is called a number but counts something ("number of days") is no code. */
export function isNamedAsCode(name: string): boolean {
  return isNamed(name, CODED) && !isNamed(name, COUNTED);
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const CODED = words(
  'id ids uuid guid key no nr num number code ref reference zip zipcode postcode postal plz cap phone tel telephone telefon mobile fax iban bic isbn ean upc gtin sku ssn vat account konto nummer numero número # kundennummer artikelnummer bestellnummer rechnungsnummer',
);
export const COUNTED = words(
  'amount sum total price cost fee qty quantity count balance score rate age size weight length days hours minutes percent betrag preis menge anzahl importe montant prix prezzo importo bedrag aantal valor preço of',
);
export const YEARS = words('year jahr année annee año ano anno jaar');
export const MOMENT = words('date day time created updated received sent opened closed timestamp ts at on datum fecha data');
export const ASKS = words(
  'is has can was should flag active enabled disabled deleted archived vip verified subscribed optin optout',
);
export const BORN = words(
  'birth born dob birthday birthdate geburt geburtstag geburtsdatum naissance nascita nacimiento nascimento',
);

export const DUE = words(
  'due until expiry expires expiration expiring valid end ends renew renewal maturity deadline fällig fälligkeit ablauf ablaufdatum scadenza vencimiento vencimento',
);
