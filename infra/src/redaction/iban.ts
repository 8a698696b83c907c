/** How long the IBANs of a country are: the registry of SWIFT. */
const LENGTHS: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 ' +
    'FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 ' +
    'LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 ' +
    'SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** Account numbers whose length and check digits are right, written in one piece or in groups. */
export function* findIbans(text: string): Generator<[start: number, end: number]> {
  let after = 0;
  for (const match of text.matchAll(/(?<![A-Za-z0-9])[A-Za-z]{2}\d\d/g)) {
    if (match.index < after) continue;
    const length = LENGTHS.get(match[0].slice(0, 2).toUpperCase());
    if (length === undefined) continue;
    const end = endOf(text, match.index, length);
    if (end === -1 || remainder(text.slice(match.index, end)) !== 1) continue;
    yield [match.index, end];
    after = end;
  }
}

/** One past the last of so many letters and digits, with single spaces or hyphens among them; -1 where there are not so many. */
function endOf(text: string, start: number, length: number): number {
  let at = start;
  for (let taken = 0; taken < length; at++) {
    const character = text.charAt(at);
    if (/^[A-Za-z0-9]$/.test(character)) taken++;
    else if (!/^[ -]$/.test(character) || !/^[A-Za-z0-9]$/.test(text.charAt(at - 1))) return -1;
  }
  return /^[A-Za-z0-9]$/.test(text.charAt(at)) ? -1 : at;
}

/** ISO 7064, MOD 97-10: 1 where the check digits are right. */
function remainder(written: string): number {
  const iban = written.replaceAll(/[ -]/g, '').toUpperCase();
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}
