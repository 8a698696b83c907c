import type { IncomingMessage } from 'node:http';

/** Which origins a browser may speak for. */
export interface Origins {
  /** Whether scripts of this origin may read our answers and send the session's cookie. */
  readonly allows: (origin: string, host: string | undefined) => boolean;
}

/** Our own origin, as configured and as the browser addressed us, and the configured others. */
export function createOrigins(config: { publicUrl: string; corsOrigins: readonly string[] }): Origins {
  const known = new Set([new URL(config.publicUrl).origin, ...config.corsOrigins]);
  return {
    allows: (origin, host) => known.has(origin) || (URL.canParse(origin) && host !== undefined && new URL(origin).host === host),
  };
}

/**
 * Why a request that changes something may have been made by another site's page, or undefined where it
 * was not. Browsers tell by `Origin`, or by `Sec-Fetch-Site` where they leave that out.
 */
export function foreignOrigin(request: IncomingMessage, origins: Origins): string | undefined {
  const { origin, host } = request.headers;
  if (origin !== undefined) {
    return origins.allows(origin, host) ? undefined : `requests of the origin ${origin.slice(0, 200)} are not allowed`;
  }
  return request.headers['sec-fetch-site'] === 'same-origin'
    ? undefined
    : 'a request with a session cookie must carry its Origin';
}
