/**
 * What a cell looks like, for telling tables from what stands around them: its form and not its meaning. “00123” is a number here, for it stands in a
 * row of numbers and never in a header; what a field's values mean is another question (lib/core/values/meaning.ts).
 */

type Form = 'empty' | 'number' | 'date' | 'yes or no' | 'address' | 'text';

const NUMBER =
  /^[-+(]?\s?(?:[$€£¥]\s?)?[-+]?(?:\d{1,3}(?:[.,'\s]\d{2,3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][-+]?\d+)?\s?(?:%|[$€£¥]|[A-Z]{3})?[)-]?$/;
const DATE =
  /^(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\.?(?:[ T,].{1,30})?|\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?)$/;
const DATE_IN_WORDS =
  /^(?:[A-Za-z]{3,9},? )?(?:\d{1,2}\.?[ -])?(?:jan|feb|m[aä]r|apr|ma[yi]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]*\.?[ -]\d{1,4}\b/i;
/** Mail, web, network and telephone. */
const ADDRESS =
  /^(?:[^\s@<>"',;:]{1,64}@[^\s@<>"',;:]+\.[^\s@<>"',;:.]{2,}|(?:https?|ftp):\/\/\S+|\d{1,3}(?:\.\d{1,3}){3}|[+(]?\d[\d\s()/-]{4,}\d)$/i;
const YES_OR_NO = new Set(['true', 'false', 'yes', 'no', 'ja', 'nein', 'oui', 'non', 'si', 'sí', 'n/a', 'null']);
const LENGTH_MAX = 80;

function formOf(cell: string): Form {
  const text = cell.trim();
  if (text === '') return 'empty';
  if (text.length > LENGTH_MAX) return 'text';
  const first = text.charCodeAt(0);
  // Nothing else begins with a letter.
  if ((first < 65 || first > 0x7f) && NUMBER.test(text)) return 'number';
  if (first >= 48 && first <= 57 && DATE.test(text)) return 'date';
  if (ADDRESS.test(text)) return 'address';
  if (YES_OR_NO.has(text.toLowerCase())) return 'yes or no';
  return DATE_IN_WORDS.test(text) ? 'date' : 'text';
}

/** A value, rather than a name or a text. */
export function isData(cell: string): boolean {
  const form = formOf(cell);
  return form !== 'text' && form !== 'empty';
}

export function isNumber(cell: string): boolean {
  return formOf(cell) === 'number';
}

export function isBlank(cell: string): boolean {
  return cell.trim() === '';
}

const SHAPE_CHARS = 12;

/** How a text is made up of capitals, small letters, digits and signs: “Ada Lovelace” is “Aa Aa”, “A-17” is “A-9”. */
export function shapeOf(cell: string): string {
  return cell
    .trim()
    .slice(0, 60)
    .replace(/\p{Lu}+/gu, 'A')
    .replace(/[\p{Ll}\p{Lo}\p{M}]+/gu, 'a')
    .replace(/\d+/g, '9')
    .slice(0, SHAPE_CHARS);
}

/** Words that stand over columns, in the languages that files come in most. */
const NAMES = new Set(
  (
    'id ids no nr num number name names first last middle full nick user username login email mail e-mail phone mobile tel telephone fax address street city town ' +
    'zip postcode postal code country state region county province lat lon latitude longitude date time datetime timestamp day month year week hour created updated ' +
    'modified deleted received sent due start end begin from to until since age gender sex birth birthday dob title subject text message body content note ' +
    'notes comment comments description desc summary remark remarks label labels tag tags category type kind class group status stage priority level severity score rank rating ' +
    'count quantity qty amount sum total price cost fee rate tax vat net gross currency balance value values discount paid revenue sales budget unit units size weight height width length ' +
    'color colour item items product sku brand model order orders invoice customer client vendor supplier company firm organisation organization department team owner assignee agent ' +
    'author sender recipient reply contact person people role position job source target who what where when url link path file filename image language lang version key uuid guid hash ip host domain ' +
    'ticket case issue project task account bank iban bic reference ref payment method shipping delivery location place area room question answer result results reason event action ' +
    'spam label flag enabled verified vip index row line column field attribute property percent ratio min max avg mean median ' +
    'nummer vorname nachname anrede strasse straße hausnummer plz ort stadt land telefon datum zeit uhrzeit jahr monat tag betrag summe preis menge anzahl artikel bezeichnung ' +
    'beschreibung bemerkung bemerkungen kunde kunden kundennummer rechnung rechnungsnummer konto kontonummer empfänger empfaenger verwendungszweck zweck buchungstag buchung valuta währung ' +
    'waehrung saldo soll haben firma abteilung art typ geschlecht geburtsdatum alter betreff nachricht absender farbe größe ' +
    'nom prénom prenom adresse rue ville pays téléphone telephone courriel date heure année mois jour montant prix quantité quantite produit libellé libelle désignation client ' +
    'facture commande compte statut objet texte numéro numero sexe âge naissance société remarque ' +
    'nombre apellido apellidos dirección direccion calle ciudad país pais teléfono telefono correo fecha hora año mes día importe precio cantidad producto descripción descripcion ' +
    'cliente factura pedido cuenta estado asunto texto edad sexo nota notas ' +
    'nome cognome indirizzo via città citta paese data ora anno mese giorno importo prezzo quantità quantita prodotto descrizione fattura ordine conto stato oggetto testo età ' +
    'sobrenome endereço endereco rua cidade país data hora ano mês dia valor preço preco quantidade produto descrição descricao pedido conta assunto idade ' +
    'naam voornaam achternaam adres straat woonplaats plaats postcode telefoon datum tijd bedrag prijs aantal omschrijving klant factuur rekening onderwerp leeftijd ' +
    'namn adress gata ort datum belopp pris antal navn adresse dato beløb pris antall nimi osoite päivä hinta määrä ' +
    'imię nazwisko nazwa adres ulica miasto kraj data kwota cena ilość opis klient jméno příjmení město datum částka cena popis név cím város dátum összeg ár ' +
    'ad soyad adres şehir tarih tutar fiyat miktar açıklama müşteri vardas pavardė miestas adresas data suma kaina vārds uzvārds pilsēta ' +
    'имя фамилия отчество адрес улица город страна телефон дата время сумма цена количество описание клиент счет номер статус тема текст возраст ' +
    'όνομα επώνυμο διεύθυνση πόλη ημερομηνία ποσό τιμή ' +
    '名前 氏名 姓 名 住所 電話 電話番号 日付 年月日 年齢 性別 金額 価格 数量 単価 合計 備考 番号 商品名 顧客名 会社名 件名 内容 状態 種類 ' +
    '姓名 名称 地址 电话 日期 年龄 性别 金额 价格 数量 单价 合计 备注 编号 序号 商品 客户 公司 标题 内容 状态 类型 邮箱 城市 ' +
    '地址 電話 年齡 性別 金額 價格 單價 合計 備註 編號 客戶 標題 狀態 類型 城市 이름 성명 주소 전화 전화번호 날짜 나이 성별 금액 가격 수량 단가 합계 비고 번호 회사 제목 내용 상태 종류'
  ).split(' '),
);
const NAME_CHARS_MAX = 40;

/** How much a cell looks like the name of a column, from 0 to 2: “Order date” and “customerEmail” do, “date of the first order” half as much. */
export function nameness(cell: string): number {
  const text = cell.trim();
  if (text === '' || text.length > NAME_CHARS_MAX || /[\r\n]/.test(text)) return 0;
  if (/^[a-z]$/i.test(text)) return 1;
  const words = text
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{M}]+/u)
    .filter((word) => word !== '');
  if (!words.some((word) => NAMES.has(word) || (word.endsWith('s') && NAMES.has(word.slice(0, -1))))) return 0;
  return words.length <= 2 ? 2 : words.length <= 4 ? 1 : 0;
}

const TOTAL =
  /^(?:grand|sub|sous-|zwischen|gesamt)?[ -]?(?:totals?|sum|summe|gesamt|gesamtsumme|insgesamt|somme|totale|totaal|suma|summa|razem|celkem|összesen|toplam|yhteensä|i alt|итого|всего|合計|总计|總計|합계|average|mean|durchschnitt|moyenne|saldo|balance|count|anzahl|total général)\b/i;
const NOTE =
  /^(?:[*#†‡(©-]|--|note|source|quelle|fuente|generated|exported|created|printed|erstellt|exportiert|stand\b|as of|page |seite |end of|ende\b|disclaimer|all rights|http|www\.)/i;

/** “Total”, “Grand total: ”, “Summe (20)”. The \b of other alphabets than Latin is the end of the word. */
export function saysTotal(cell: string): boolean {
  const text = cell.trim();
  return text.length <= NAME_CHARS_MAX && (TOTAL.test(text) || /^(?:итого|всего|合計|总计|總計|합계)/i.test(text));
}

/** “Endsumme”, “Order total”, “Σ”: a word for a sum is in it. */
export function mentionsTotal(cell: string): boolean {
  const text = cell.trim();
  return text.length <= NAME_CHARS_MAX && (saysTotal(text) || /total|summe?\b|gesamt|somme|итог|[Σ∑]/i.test(text));
}

/** “* corrected”, “Source: …”: it begins as notes do. */
export function startsAsNote(cell: string): boolean {
  return NOTE.test(cell.trim());
}

export function looksLikeNote(cell: string): boolean {
  const text = cell.trim();
  return startsAsNote(text) || text.endsWith(':') || text.split(/\s+/).length >= 4;
}
