import type { Request, Response } from 'express';
import type { Caller } from '@fleetbeat/infra/access/scopes.ts';
import { createSession, endSession } from '@fleetbeat/infra/access/sessions.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { clearSessionCookie, sessionToken, setSessionCookie } from './session-cookie.ts';

/** The sessions that sign-in links lead to, in the browser that sends a request. */
export interface LinkSessions {
  begin(who: Pick<Caller, 'name' | 'scopes'>, request: Request, response: Response): Promise<void>;
  /** Nothing happens where there is none. */
  end(request: Request, response: Response): Promise<void>;
}

/** `secure`: browsers reach us over https. */
export function createLinkSessions({ database, secure }: { database: Database; secure: boolean }): LinkSessions {
  return {
    async begin(who, request, response) {
      const { token } = await createSession(database, who, request.headers['user-agent']);
      setSessionCookie(response, token, secure);
    },
    async end(request, response) {
      const token = sessionToken(request);
      if (token !== undefined) await endSession(database, token);
      clearSessionCookie(response, secure);
    },
  };
}
