import type { Problem } from '@fleetbeat/contracts/api.ts';

/** What went wrong with a request: RFC 9457 where the server told, else what the browser knows. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly title: string;
  readonly requestId: string | undefined;

  constructor(status: number, title: string, detail: string, requestId?: string) {
    super(detail);
    this.status = status;
    this.title = title;
    this.requestId = requestId;
  }
}

/** Reads a refused answer's problem+json; an answer of another kind (a proxy's page, say) is described by its status. */
export async function problemOf(answer: Response): Promise<ApiProblem> {
  const requestId = answer.headers.get('x-request-id') ?? undefined;
  try {
    const body = (await answer.json()) as Partial<Problem>;
    const title = typeof body.title === 'string' ? body.title : titleOf(answer.status);
    return new ApiProblem(answer.status, title, body.detail ?? adviceFor(answer.status), body.request_id ?? requestId);
  } catch {
    return new ApiProblem(answer.status, titleOf(answer.status), adviceFor(answer.status), requestId);
  }
}

/** The problem that a rejected fetch means: no connection. */
export function unreachable(): ApiProblem {
  return new ApiProblem(0, 'The server does not answer', 'Check that Fleetbeat is running and that this device is online.');
}

function titleOf(status: number): string {
  if (status === 404) return 'Not found';
  if (status === 429) return 'Too many requests';
  if (status === 403) return 'Not allowed';
  if (status === 503) return 'Not ready';
  return status >= 500 ? 'The server failed' : `Refused (${status})`;
}

function adviceFor(status: number): string {
  if (status === 403) return 'Your access does not cover this.';
  if (status === 404) return 'There is nothing here by that name.';
  if (status === 429) return 'It will be asked again shortly.';
  return status >= 500 ? 'It will be asked again by itself.' : 'The request was not accepted.';
}
