import type { Problem } from '@fleetbeat/contracts/api.ts';

/** What went wrong with a request: RFC 9457 where the server told, else what the browser knows. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly title: string;
  readonly requestId: string | undefined;
  /** The server has said itself what is wrong: its title is that of the status, which says nothing more. */
  readonly isTold: boolean;

  constructor(status: number, title: string, detail: string, requestId?: string, isTold = false) {
    super(detail);
    this.status = status;
    this.title = title;
    this.requestId = requestId;
    this.isTold = isTold;
  }

  /** The same, as people are told it. */
  get sentence(): string {
    if (this.status === 412) return 'Somebody else has changed it meanwhile. Look at it and try again.';
    return this.isTold ? this.message.slice(0, 1).toUpperCase() + this.message.slice(1) : `${this.title}: ${this.message}`;
  }
}

/** Reads a refused answer's problem+json; an answer of another kind (a proxy's page, say) is described by its status. */
export async function problemOf(answer: Response): Promise<ApiProblem> {
  const requestId = answer.headers.get('x-request-id') ?? undefined;
  try {
    const body = (await answer.json()) as Partial<Problem>;
    const title = typeof body.title === 'string' ? body.title : titleOf(answer.status);
    const isTold = body.detail !== undefined;
    return new ApiProblem(answer.status, title, body.detail ?? adviceFor(answer.status), body.request_id ?? requestId, isTold);
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
