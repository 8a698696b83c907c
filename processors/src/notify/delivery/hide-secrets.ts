/** Shorter than this nothing is a secret that could be told from other text. */
const SHORTEST = 6;

/**
 * Replaces secrets in what somebody else has said, who may well repeat what was sent. Of a secret address the path is
 * replaced as well.
 */
export function hideSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  const hidden = secrets.flatMap((secret) => {
    if (secret === undefined) return [];
    const path = URL.canParse(secret) ? new URL(secret).pathname : '';
    return [secret, path, secret.replace(/^\S+ /, '')].filter((part) => part.length >= SHORTEST);
  });
  return hidden.reduce((cleaned, secret) => cleaned.replaceAll(secret, '***'), text);
}
