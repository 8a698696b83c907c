/** Numbers that issuers of payment cards give out, by how they begin and how long they are. */
const ISSUED = new RegExp(
  `^(?:${[
    '4\\d{12}(?:\\d{3}){0,2}',
    '5[1-5]\\d{14}',
    '2(?:22[1-9]|2[3-9]\\d|[3-6]\\d\\d|7[01]\\d|720)\\d{12}',
    '3[47]\\d{13}',
    '3(?:0[0-5]|[68]\\d)\\d{11}',
    '6(?:011|5\\d\\d|4[4-9]\\d)\\d{12}',
    '35(?:2[89]|[3-8]\\d)\\d{12}',
    '62\\d{14,17}',
    '(?:5018|5020|5038|5893|6304|6759|676[1-3])\\d{9,15}',
  ].join('|')})$`,
);

/** Whether digits are the number of a payment card: one that is issued, and whose check digit (Luhn) is right. */
export function isCardNumber(digits: string): boolean {
  return ISSUED.test(digits) && luhnSum(digits) % 10 === 0;
}

function luhnSum(digits: string): number {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place]);
    const weighed = place % 2 === 0 ? digit : 2 * digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum;
}
