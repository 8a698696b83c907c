import type { RedactionPreview, RedactionSettings } from '@fleetbeat/contracts/redaction.ts';
import { mistakesOf, type Mistake } from '../api/mistakes.ts';
import { ApiProblem } from '../api/problem.ts';
import { privacyApi } from './privacy-api.ts';
import { SAMPLE_EVENT } from './redaction-words.ts';

const PAUSE_MS = 250;

/** What a sample event becomes under a draft, asked for whenever either has changed. */
export class SamplePreview {
  sample = $state(JSON.stringify(SAMPLE_EVENT, null, 2));
  /** The last answer; it stays while another is asked for. */
  shown = $state.raw<RedactionPreview | null>(null);
  problem = $state.raw<ApiProblem | null>(null);
  /** What is wrong with the draft itself, by its places. */
  readonly mistakes: readonly Mistake[] = $derived(
    this.problem?.status !== 400
      ? []
      : mistakesOf(this.problem).flatMap(({ place, message }) =>
          place.startsWith('settings.') ? [{ place: place.slice('settings.'.length), message }] : [],
        ),
  );

  /** Answers how to give it up. */
  ask(settings: RedactionSettings, sample: string): () => void {
    let isCurrent = true;
    const timer = setTimeout(async () => {
      try {
        const shown = await privacyApi.preview(settings, JSON.parse(sample) as unknown);
        if (!isCurrent) return;
        this.shown = shown;
        this.problem = null;
      } catch (error) {
        if (isCurrent) this.problem = problemOf(error);
      }
    }, PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }
}

function problemOf(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return error instanceof SyntaxError
    ? new ApiProblem(0, 'The sample is no JSON', error.message)
    : new ApiProblem(0, 'This page failed', String(error));
}
