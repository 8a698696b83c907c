import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { Origins } from '../access/origins.ts';

/**
 * The content security policy of our pages: nothing but our own scripts, styles, images and sockets.
 * `scriptHashes` names the inline scripts of the page at hand.
 */
export function contentSecurityPolicy(scriptHashes: readonly string[], secure: boolean): string {
  const directives = [
    "default-src 'self'",
    `script-src ${["'self'", ...scriptHashes.map((hash) => `'${hash}'`)].join(' ')}`,
    // Charts and transitions set the style attribute.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return [...directives, ...(secure ? ['upgrade-insecure-requests'] : [])].join('; ');
}

/** Headers that every answer carries. `secure`: browsers reach us over https. */
export function securityHeaders(secure: boolean): RequestHandler[] {
  const policy = contentSecurityPolicy([], secure);
  return [
    helmet({
      contentSecurityPolicy: false,
      strictTransportSecurity: secure ? { maxAge: 31_536_000 } : false,
      xFrameOptions: { action: 'deny' },
      referrerPolicy: { policy: 'same-origin' },
    }),
    (_request, response, next) => {
      response.setHeader('content-security-policy', policy);
      response.setHeader('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()');
      next();
    },
  ];
}

/** Lets scripts of the configured origins read the API's answers. */
export function crossOrigin(origins: Origins): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    response.vary('Origin');
    if (origin !== undefined && origins.allows(origin, request.headers.host)) {
      response.set({ 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' });
      response.set('access-control-expose-headers', 'etag, location, x-request-id, retry-after');
      if (request.method === 'OPTIONS') {
        response.set({
          'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
          'access-control-allow-headers': 'authorization, content-type, idempotency-key, if-match, traceparent, x-request-id',
          'access-control-max-age': '600',
        });
      }
    }
    if (request.method === 'OPTIONS') response.status(204).end();
    else next();
  };
}
