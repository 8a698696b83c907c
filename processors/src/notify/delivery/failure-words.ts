/** What the codes of Node and OpenSSL mean to somebody who set up a channel; `target` is the name or the address, where it is known. */
const WORDS: Readonly<Record<string, (target: string) => string>> = {
  ENOTFOUND: (target) => `the host name ${target} is unknown`,
  EAI_AGAIN: (target) => `the host name ${target} could not be looked up: the name server does not answer`,
  ECONNREFUSED: (target) => `${target} refuses the connection: nothing listens there`,
  ECONNRESET: () => 'the other side broke off the connection',
  EPIPE: () => 'the other side broke off the connection',
  ETIMEDOUT: (target) => `${target} does not answer`,
  EHOSTUNREACH: (target) => `there is no way to ${target}`,
  ENETUNREACH: (target) => `there is no way to ${target}`,
  CERT_HAS_EXPIRED: () => 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: () => 'its certificate is signed by itself, which is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: () => 'its certificate comes from an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: () => 'its certificate comes from an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () => 'its certificate comes from an authority that is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: () => 'its certificate is for another name',
};

/** Why somebody else's server could not be reached, as part of a sentence; what is not known is said as it came. Pure. */
export function failureWords(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(failureWords))].join('; ');
  const message = error instanceof Error ? error.message : String(error);
  // Libraries put codes of their own in place of that of the system, which is left in the message.
  const words = message.split(/[\s:,]+/);
  const code = [codeOf(error), ...words].find((one) => Object.hasOwn(WORDS, one));
  if (code === undefined) return message;
  return WORDS[code]?.(targetOf(error) ?? targetIn(message, code)) ?? message;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function targetOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('hostname' in error && typeof error.hostname === 'string') return error.hostname;
  if ('address' in error && 'port' in error) return `${String(error.address)} port ${String(error.port)}`;
  return undefined;
}

/** As in "getaddrinfo ENOTFOUND host" and "connect ECONNREFUSED 10.0.0.1:587". */
function targetIn(message: string, code: string): string {
  return message.split(`${code} `)[1]?.split(' ')[0] ?? 'the other side';
}
